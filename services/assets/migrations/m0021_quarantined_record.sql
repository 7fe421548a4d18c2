-- The table of quarantined record. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE quarantined_record (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "source" TEXT NOT NULL,
  "survey" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "external_id" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "field" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "first_seen_time" BIGINT NOT NULL,
  "last_seen_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX quarantined_record_by_source ON quarantined_record ("organization", "source", "id");
CREATE INDEX quarantined_record_by_survey ON quarantined_record ("organization", "survey", "id");
CREATE INDEX quarantined_record_by_external_id ON quarantined_record ("organization", "external_id", "id");
CREATE INDEX quarantined_record_by_state ON quarantined_record ("organization", "state", "id");
CREATE INDEX quarantined_record_by_last_seen_time ON quarantined_record ("organization", "last_seen_time", "id");
CREATE INDEX quarantined_record_by_update_time ON quarantined_record ("organization", "update_time", "id");
