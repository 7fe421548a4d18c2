-- The table of exposure_policy. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE exposure_policy (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX exposure_policy_by_display_name ON exposure_policy ("organization", "display_name", "id");
CREATE INDEX exposure_policy_by_state ON exposure_policy ("organization", "state", "id");
CREATE INDEX exposure_policy_by_update_time ON exposure_policy ("organization", "update_time", "id");
