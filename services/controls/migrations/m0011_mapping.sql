-- The table of mapping. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE mapping (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "source_catalogue" TEXT NOT NULL,
  "target_catalogue" TEXT NOT NULL,
  "provisional" BIGINT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX mapping_by_display_name ON mapping ("organization", "display_name", "id");
CREATE INDEX mapping_by_source_catalogue ON mapping ("organization", "source_catalogue", "id");
CREATE INDEX mapping_by_target_catalogue ON mapping ("organization", "target_catalogue", "id");
CREATE INDEX mapping_by_update_time ON mapping ("organization", "update_time", "id");
CREATE TABLE mapping_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX mapping_label_value ON mapping_label ("organization", "key", "value", "id");
CREATE INDEX mapping_label_id ON mapping_label ("organization", "id");
