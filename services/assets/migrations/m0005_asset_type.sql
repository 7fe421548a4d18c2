-- The table of asset type. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE asset_type (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "parent_type" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX asset_type_by_display_name ON asset_type ("organization", "display_name", "id");
CREATE INDEX asset_type_by_parent_type ON asset_type ("organization", "parent_type", "id");
CREATE INDEX asset_type_by_update_time ON asset_type ("organization", "update_time", "id");
