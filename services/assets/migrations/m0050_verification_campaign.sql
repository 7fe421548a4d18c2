-- The table of verification campaign. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE verification_campaign (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "method" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX verification_campaign_by_display_name ON verification_campaign ("organization", "display_name", "id");
CREATE INDEX verification_campaign_by_state ON verification_campaign ("organization", "state", "id");
CREATE INDEX verification_campaign_by_due_time ON verification_campaign ("organization", "due_time", "id");
CREATE INDEX verification_campaign_by_update_time ON verification_campaign ("organization", "update_time", "id");
