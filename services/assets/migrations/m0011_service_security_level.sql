-- The table of service security level. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE service_security_level (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "level" TEXT NOT NULL,
  "availability_percent" DOUBLE PRECISION NOT NULL,
  "incident_notification_minutes" BIGINT NOT NULL,
  "restoration_minutes" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX service_security_level_by_display_name ON service_security_level ("organization", "display_name", "id");
CREATE INDEX service_security_level_by_asset ON service_security_level ("organization", "asset", "id");
CREATE INDEX service_security_level_by_state ON service_security_level ("organization", "state", "id");
CREATE INDEX service_security_level_by_update_time ON service_security_level ("organization", "update_time", "id");
CREATE TABLE service_security_level_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX service_security_level_label_value ON service_security_level_label ("organization", "key", "value", "id");
CREATE INDEX service_security_level_label_id ON service_security_level_label ("organization", "id");
CREATE TABLE service_security_level_published (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "level" TEXT NOT NULL
);
CREATE UNIQUE INDEX service_security_level_published_value ON service_security_level_published ("organization", "asset", "level");
CREATE INDEX service_security_level_published_id ON service_security_level_published ("organization", "id");
