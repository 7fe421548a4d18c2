-- The table of exposure. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE exposure (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "asset" TEXT NOT NULL,
  "ip" TEXT NOT NULL,
  "fqdn" TEXT NOT NULL,
  "port" BIGINT NOT NULL,
  "protocol" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "product" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "stale" BIGINT NOT NULL,
  "approved_until" BIGINT NOT NULL,
  "first_seen" BIGINT NOT NULL,
  "last_seen" BIGINT NOT NULL,
  "score" DOUBLE PRECISION NOT NULL,
  "case_raised" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX exposure_by_asset ON exposure ("organization", "asset", "id");
CREATE INDEX exposure_by_ip ON exposure ("organization", "ip", "id");
CREATE INDEX exposure_by_fqdn ON exposure ("organization", "fqdn", "id");
CREATE INDEX exposure_by_port ON exposure ("organization", "port", "id");
CREATE INDEX exposure_by_protocol ON exposure ("organization", "protocol", "id");
CREATE INDEX exposure_by_state ON exposure ("organization", "state", "id");
CREATE INDEX exposure_by_stale ON exposure ("organization", "stale", "id");
CREATE INDEX exposure_by_approved_until ON exposure ("organization", "approved_until", "id");
CREATE INDEX exposure_by_last_seen ON exposure ("organization", "last_seen", "id");
CREATE INDEX exposure_by_score ON exposure ("organization", "score", "id");
CREATE INDEX exposure_by_update_time ON exposure ("organization", "update_time", "id");
CREATE TABLE exposure_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exposure_label_value ON exposure_label ("organization", "key", "value", "id");
CREATE INDEX exposure_label_id ON exposure_label ("organization", "id");
CREATE TABLE exposure_behind (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exposure_behind_value ON exposure_behind ("organization", "value", "id");
CREATE INDEX exposure_behind_id ON exposure_behind ("organization", "id");
CREATE TABLE exposure_source (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exposure_source_value ON exposure_source ("organization", "value", "id");
CREATE INDEX exposure_source_id ON exposure_source ("organization", "id");
CREATE TABLE exposure_address (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exposure_address_value ON exposure_address ("organization", "value", "id");
CREATE INDEX exposure_address_id ON exposure_address ("organization", "id");
CREATE TABLE exposure_name (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX exposure_name_value ON exposure_name ("organization", "value", "id");
CREATE INDEX exposure_name_id ON exposure_name ("organization", "id");
