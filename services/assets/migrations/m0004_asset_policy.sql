-- The table of asset policy. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE asset_policy (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "revision" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX asset_policy_by_display_name ON asset_policy ("organization", "display_name", "id");
CREATE INDEX asset_policy_by_state ON asset_policy ("organization", "state", "id");
CREATE INDEX asset_policy_by_revision ON asset_policy ("organization", "revision", "id");
CREATE INDEX asset_policy_by_update_time ON asset_policy ("organization", "update_time", "id");
