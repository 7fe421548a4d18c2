-- The table of risk_profile. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE risk_profile (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "area" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "edition" TEXT NOT NULL,
  "provisional" BIGINT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX risk_profile_by_display_name ON risk_profile ("organization", "display_name", "id");
CREATE INDEX risk_profile_by_area ON risk_profile ("organization", "area", "id");
CREATE INDEX risk_profile_by_update_time ON risk_profile ("organization", "update_time", "id");
CREATE TABLE risk_profile_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX risk_profile_label_value ON risk_profile_label ("organization", "key", "value", "id");
CREATE INDEX risk_profile_label_id ON risk_profile_label ("organization", "id");
