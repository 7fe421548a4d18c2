-- The table of mapping_entry. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE mapping_entry (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "relation" TEXT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX mapping_entry_by_relation ON mapping_entry ("organization", "relation", "id");
CREATE INDEX mapping_entry_by_update_time ON mapping_entry ("organization", "update_time", "id");
CREATE TABLE mapping_entry_source (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX mapping_entry_source_value ON mapping_entry_source ("organization", "value", "id");
CREATE INDEX mapping_entry_source_id ON mapping_entry_source ("organization", "id");
CREATE TABLE mapping_entry_target (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX mapping_entry_target_value ON mapping_entry_target ("organization", "value", "id");
CREATE INDEX mapping_entry_target_id ON mapping_entry_target ("organization", "id");
