-- The table of quantification. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE quantification (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "risk" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "requester" TEXT NOT NULL,
  "end_time" BIGINT NOT NULL,
  "expected_loss" DOUBLE PRECISION NOT NULL,
  "tail_loss" DOUBLE PRECISION NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX quantification_by_display_name ON quantification ("organization", "display_name", "id");
CREATE INDEX quantification_by_risk ON quantification ("organization", "risk", "id");
CREATE INDEX quantification_by_state ON quantification ("organization", "state", "id");
CREATE INDEX quantification_by_end_time ON quantification ("organization", "end_time", "id");
CREATE INDEX quantification_by_expected_loss ON quantification ("organization", "expected_loss", "id");
CREATE INDEX quantification_by_tail_loss ON quantification ("organization", "tail_loss", "id");
CREATE INDEX quantification_by_update_time ON quantification ("organization", "update_time", "id");
