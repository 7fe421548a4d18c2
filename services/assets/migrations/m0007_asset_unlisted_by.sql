-- Which sources no longer list an asset. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE asset_unlisted_by (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX asset_unlisted_by_value ON asset_unlisted_by ("organization", "value", "id");
CREATE INDEX asset_unlisted_by_id ON asset_unlisted_by ("organization", "id");
