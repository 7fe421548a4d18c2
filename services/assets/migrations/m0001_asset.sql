-- The table of asset. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "custodian" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "classification" TEXT NOT NULL,
  "confidentiality" BIGINT NOT NULL,
  "integrity" BIGINT NOT NULL,
  "availability" BIGINT NOT NULL,
  "value" DOUBLE PRECISION NOT NULL,
  "inherited_value" DOUBLE PRECISION NOT NULL,
  "inherited_from" TEXT NOT NULL,
  "effective_value" DOUBLE PRECISION NOT NULL,
  "grade" BIGINT NOT NULL,
  "vendor" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "software_version" TEXT NOT NULL,
  "serial_number" TEXT NOT NULL,
  "power_watts" DOUBLE PRECISION NOT NULL,
  "state" TEXT NOT NULL,
  "end_of_life_time" BIGINT NOT NULL,
  "verify_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX asset_by_display_name ON asset ("organization", "display_name", "id");
CREATE INDEX asset_by_type ON asset ("organization", "type", "id");
CREATE INDEX asset_by_owner ON asset ("organization", "owner", "id");
CREATE INDEX asset_by_site ON asset ("organization", "site", "id");
CREATE INDEX asset_by_effective_value ON asset ("organization", "effective_value", "id");
CREATE INDEX asset_by_serial_number ON asset ("organization", "serial_number", "id");
CREATE INDEX asset_by_update_time ON asset ("organization", "update_time", "id");
CREATE TABLE asset_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX asset_label_value ON asset_label ("organization", "key", "value", "id");
CREATE INDEX asset_label_id ON asset_label ("organization", "id");
CREATE TABLE asset_legal_tag (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX asset_legal_tag_value ON asset_legal_tag ("organization", "value", "id");
CREATE INDEX asset_legal_tag_id ON asset_legal_tag ("organization", "id");
CREATE TABLE asset_external_id (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "system" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE UNIQUE INDEX asset_external_id_value ON asset_external_id ("organization", "system", "value");
CREATE INDEX asset_external_id_id ON asset_external_id ("organization", "id");
CREATE TABLE asset_network_key (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX asset_network_key_value ON asset_network_key ("organization", "key", "value", "id");
CREATE INDEX asset_network_key_id ON asset_network_key ("organization", "id");
