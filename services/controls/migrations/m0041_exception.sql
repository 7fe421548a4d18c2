-- The table of exception. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE exception (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "implementation" TEXT NOT NULL,
  "control" TEXT NOT NULL,
  "requester" TEXT NOT NULL,
  "decider" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "request_until" BIGINT NOT NULL,
  "grant_until" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX exception_by_display_name ON exception ("organization", "display_name", "id");
CREATE INDEX exception_by_implementation ON exception ("organization", "implementation", "id");
CREATE INDEX exception_by_control ON exception ("organization", "control", "id");
CREATE INDEX exception_by_state ON exception ("organization", "state", "id");
CREATE INDEX exception_by_request_until ON exception ("organization", "request_until", "id");
CREATE INDEX exception_by_grant_until ON exception ("organization", "grant_until", "id");
CREATE INDEX exception_by_update_time ON exception ("organization", "update_time", "id");
CREATE TABLE exception_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exception_label_value ON exception_label ("organization", "key", "value", "id");
CREATE INDEX exception_label_id ON exception_label ("organization", "id");
CREATE TABLE exception_risk_reference (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exception_risk_reference_value ON exception_risk_reference ("organization", "value", "id");
CREATE INDEX exception_risk_reference_id ON exception_risk_reference ("organization", "id");
