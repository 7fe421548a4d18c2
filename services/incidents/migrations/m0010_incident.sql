-- The table of incident. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE incident (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "level" TEXT NOT NULL,
  "level_rank" BIGINT NOT NULL,
  "domain" TEXT NOT NULL,
  "incident_class" TEXT NOT NULL,
  "telecom_class" TEXT NOT NULL,
  "traffic_light" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "handler" TEXT NOT NULL,
  "cause" TEXT NOT NULL,
  "personal_data_breach" TEXT NOT NULL,
  "merged_into" TEXT NOT NULL,
  "open" BIGINT NOT NULL,
  "detect_time" BIGINT NOT NULL,
  "close_time" BIGINT NOT NULL,
  "users_affected" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX incident_by_display_name ON incident ("organization", "display_name", "id");
CREATE INDEX incident_by_state ON incident ("organization", "state", "id");
CREATE INDEX incident_by_level_rank ON incident ("organization", "level_rank", "id");
CREATE INDEX incident_by_open ON incident ("organization", "open", "id");
CREATE INDEX incident_by_detect_time ON incident ("organization", "detect_time", "id");
CREATE INDEX incident_by_close_time ON incident ("organization", "close_time", "id");
CREATE INDEX incident_by_users_affected ON incident ("organization", "users_affected", "id");
CREATE INDEX incident_by_update_time ON incident ("organization", "update_time", "id");
CREATE TABLE incident_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX incident_label_value ON incident_label ("organization", "key", "value", "id");
CREATE INDEX incident_label_id ON incident_label ("organization", "id");
CREATE TABLE incident_asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX incident_asset_value ON incident_asset ("organization", "value", "id");
CREATE INDEX incident_asset_id ON incident_asset ("organization", "id");
