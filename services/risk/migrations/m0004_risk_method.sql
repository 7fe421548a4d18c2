-- The table of risk_method. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE risk_method (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX risk_method_by_display_name ON risk_method ("organization", "display_name", "id");
CREATE INDEX risk_method_by_update_time ON risk_method ("organization", "update_time", "id");
CREATE TABLE risk_method_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX risk_method_label_value ON risk_method_label ("organization", "key", "value", "id");
CREATE INDEX risk_method_label_id ON risk_method_label ("organization", "id");
