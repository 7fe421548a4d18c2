-- The table of site. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE site (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "manned" BIGINT NOT NULL,
  "region" TEXT NOT NULL,
  "owner_party" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX site_by_display_name ON site ("organization", "display_name", "id");
CREATE INDEX site_by_type ON site ("organization", "type", "id");
CREATE INDEX site_by_region ON site ("organization", "region", "id");
CREATE INDEX site_by_update_time ON site ("organization", "update_time", "id");
CREATE TABLE site_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX site_label_value ON site_label ("organization", "key", "value", "id");
CREATE INDEX site_label_id ON site_label ("organization", "id");
CREATE TABLE site_external_id (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "system" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE UNIQUE INDEX site_external_id_value ON site_external_id ("organization", "system", "value");
CREATE INDEX site_external_id_id ON site_external_id ("organization", "id");
