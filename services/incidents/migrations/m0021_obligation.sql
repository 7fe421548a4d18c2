-- The table of obligation. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE obligation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "regime" TEXT NOT NULL,
  "stage" TEXT NOT NULL,
  "recipient" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "start_time" BIGINT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "overdue" BIGINT NOT NULL,
  "open" BIGINT NOT NULL,
  "incident" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX obligation_by_state ON obligation ("organization", "state", "id");
CREATE INDEX obligation_by_start_time ON obligation ("organization", "start_time", "id");
CREATE INDEX obligation_by_due_time ON obligation ("organization", "due_time", "id");
CREATE INDEX obligation_by_overdue ON obligation ("organization", "overdue", "id");
CREATE INDEX obligation_by_open ON obligation ("organization", "open", "id");
CREATE INDEX obligation_by_incident ON obligation ("organization", "incident", "id");
CREATE INDEX obligation_by_update_time ON obligation ("organization", "update_time", "id");
