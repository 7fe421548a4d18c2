-- The table of remediation_policy. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE remediation_policy (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "active" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX remediation_policy_by_display_name ON remediation_policy ("organization", "display_name", "id");
CREATE INDEX remediation_policy_by_active ON remediation_policy ("organization", "active", "id");
CREATE INDEX remediation_policy_by_update_time ON remediation_policy ("organization", "update_time", "id");
CREATE TABLE remediation_policy_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX remediation_policy_label_value ON remediation_policy_label ("organization", "key", "value", "id");
CREATE INDEX remediation_policy_label_id ON remediation_policy_label ("organization", "id");
