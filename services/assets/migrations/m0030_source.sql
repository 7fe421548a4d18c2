-- The table of source. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE source (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "rank" BIGINT NOT NULL,
  "people_win" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX source_by_display_name ON source ("organization", "display_name", "id");
CREATE INDEX source_by_source ON source ("organization", "source", "id");
CREATE INDEX source_by_rank ON source ("organization", "rank", "id");
CREATE INDEX source_by_update_time ON source ("organization", "update_time", "id");
CREATE TABLE source_key (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE UNIQUE INDEX source_key_value ON source_key ("organization", "value");
CREATE INDEX source_key_id ON source_key ("organization", "id");
