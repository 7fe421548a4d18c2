-- The table of selector_membership. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE selector_membership (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "selector" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX selector_membership_by_selector ON selector_membership ("organization", "selector", "id");
CREATE INDEX selector_membership_by_asset ON selector_membership ("organization", "asset", "id");
CREATE INDEX selector_membership_by_update_time ON selector_membership ("organization", "update_time", "id");
