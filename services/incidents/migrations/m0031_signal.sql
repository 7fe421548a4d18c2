-- The table of signal. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE signal (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "source" TEXT NOT NULL,
  "source_id" TEXT NOT NULL,
  "form" TEXT NOT NULL,
  "alarm_type" TEXT NOT NULL,
  "severity" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "device" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "case" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "placement" TEXT NOT NULL,
  "rule" TEXT NOT NULL,
  "raise_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX signal_by_device ON signal ("organization", "device", "id");
CREATE INDEX signal_by_raise_time ON signal ("organization", "raise_time", "id");
CREATE INDEX signal_by_update_time ON signal ("organization", "update_time", "id");
CREATE INDEX signal_by_asset ON signal ("organization", "asset", "id") WHERE "asset" <> '';
CREATE INDEX signal_by_case ON signal ("organization", "case", "id") WHERE "case" <> '';
