-- The table of legacy_link. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE legacy_link (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "exposure" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "legacy_network" TEXT NOT NULL,
  "protocol" TEXT NOT NULL,
  "review_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX legacy_link_by_exposure ON legacy_link ("organization", "exposure", "id");
CREATE INDEX legacy_link_by_asset ON legacy_link ("organization", "asset", "id");
CREATE INDEX legacy_link_by_legacy_network ON legacy_link ("organization", "legacy_network", "id");
CREATE INDEX legacy_link_by_protocol ON legacy_link ("organization", "protocol", "id");
CREATE INDEX legacy_link_by_review_time ON legacy_link ("organization", "review_time", "id");
CREATE INDEX legacy_link_by_update_time ON legacy_link ("organization", "update_time", "id");
CREATE TABLE legacy_link_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX legacy_link_label_value ON legacy_link_label ("organization", "key", "value", "id");
CREATE INDEX legacy_link_label_id ON legacy_link_label ("organization", "id");
CREATE TABLE legacy_link_control (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX legacy_link_control_value ON legacy_link_control ("organization", "value", "id");
CREATE INDEX legacy_link_control_id ON legacy_link_control ("organization", "id");
