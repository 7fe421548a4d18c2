-- The table of evidence. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE evidence (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "collected_by" TEXT NOT NULL,
  "classification" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "valid_from" BIGINT NOT NULL,
  "valid_until" BIGINT NOT NULL,
  "collect_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX evidence_by_display_name ON evidence ("organization", "display_name", "id");
CREATE INDEX evidence_by_state ON evidence ("organization", "state", "id");
CREATE INDEX evidence_by_valid_from ON evidence ("organization", "valid_from", "id");
CREATE INDEX evidence_by_valid_until ON evidence ("organization", "valid_until", "id");
CREATE INDEX evidence_by_collect_time ON evidence ("organization", "collect_time", "id");
CREATE INDEX evidence_by_update_time ON evidence ("organization", "update_time", "id");
CREATE TABLE evidence_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX evidence_label_value ON evidence_label ("organization", "key", "value", "id");
CREATE INDEX evidence_label_id ON evidence_label ("organization", "id");
CREATE TABLE evidence_implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX evidence_implementation_value ON evidence_implementation ("organization", "value", "id");
CREATE INDEX evidence_implementation_id ON evidence_implementation ("organization", "id");
CREATE TABLE evidence_file (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "sha256" TEXT NOT NULL
);
CREATE INDEX evidence_file_value ON evidence_file ("organization", "sha256", "id");
CREATE INDEX evidence_file_id ON evidence_file ("organization", "id");
