-- The table of implementation. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "control" TEXT NOT NULL,
  "scope" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "operator" TEXT NOT NULL,
  "replaced_by" TEXT NOT NULL,
  "next_review_time" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "design_effectiveness" TEXT NOT NULL,
  "operating_effectiveness" TEXT NOT NULL,
  "effectiveness" DOUBLE PRECISION NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX implementation_by_display_name ON implementation ("organization", "display_name", "id");
CREATE INDEX implementation_by_control ON implementation ("organization", "control", "id");
CREATE INDEX implementation_by_scope ON implementation ("organization", "scope", "id");
CREATE INDEX implementation_by_selector ON implementation ("organization", "selector", "id");
CREATE INDEX implementation_by_owner ON implementation ("organization", "owner", "id");
CREATE INDEX implementation_by_replaced_by ON implementation ("organization", "replaced_by", "id");
CREATE INDEX implementation_by_next_review_time ON implementation ("organization", "next_review_time", "id");
CREATE INDEX implementation_by_state ON implementation ("organization", "state", "id");
CREATE INDEX implementation_by_effectiveness ON implementation ("organization", "effectiveness", "id");
CREATE INDEX implementation_by_update_time ON implementation ("organization", "update_time", "id");
CREATE TABLE implementation_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX implementation_label_value ON implementation_label ("organization", "key", "value", "id");
CREATE INDEX implementation_label_id ON implementation_label ("organization", "id");
CREATE TABLE implementation_depends_on (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX implementation_depends_on_value ON implementation_depends_on ("organization", "value", "id");
CREATE INDEX implementation_depends_on_id ON implementation_depends_on ("organization", "id");
CREATE TABLE implementation_risk_reference (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX implementation_risk_reference_value ON implementation_risk_reference ("organization", "value", "id");
CREATE INDEX implementation_risk_reference_id ON implementation_risk_reference ("organization", "id");
CREATE TABLE implementation_legal_reference (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX implementation_legal_reference_value ON implementation_legal_reference ("organization", "value", "id");
CREATE INDEX implementation_legal_reference_id ON implementation_legal_reference ("organization", "id");
