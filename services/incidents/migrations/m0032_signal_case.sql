-- The table of signal_case. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE signal_case (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "root_asset" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "severity" TEXT NOT NULL,
  "security" BIGINT NOT NULL,
  "priority" BIGINT NOT NULL,
  "asset_grade" BIGINT NOT NULL,
  "asset_value" DOUBLE PRECISION NOT NULL,
  "users_behind" BIGINT NOT NULL,
  "signal_count" BIGINT NOT NULL,
  "raised_count" BIGINT NOT NULL,
  "first_signal_time" BIGINT NOT NULL,
  "last_signal_time" BIGINT NOT NULL,
  "clear_time" BIGINT NOT NULL,
  "incident" TEXT NOT NULL,
  "merged_into" TEXT NOT NULL,
  "incident_class" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX signal_case_by_state ON signal_case ("organization", "state", "id");
CREATE INDEX signal_case_by_priority ON signal_case ("organization", "priority", "id");
CREATE INDEX signal_case_by_signal_count ON signal_case ("organization", "signal_count", "id");
CREATE INDEX signal_case_by_last_signal_time ON signal_case ("organization", "last_signal_time", "id");
CREATE INDEX signal_case_by_update_time ON signal_case ("organization", "update_time", "id");
CREATE INDEX signal_case_by_root_asset ON signal_case ("organization", "root_asset", "id") WHERE "root_asset" <> '';
CREATE INDEX signal_case_by_incident ON signal_case ("organization", "incident", "id") WHERE "incident" <> '';
CREATE INDEX signal_case_by_merged_into ON signal_case ("organization", "merged_into", "id") WHERE "merged_into" <> '';
CREATE TABLE signal_case_asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX signal_case_asset_value ON signal_case_asset ("organization", "value", "id");
CREATE INDEX signal_case_asset_id ON signal_case_asset ("organization", "id");
