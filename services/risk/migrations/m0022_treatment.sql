-- The table of treatment. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE treatment (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "option" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "overdue" BIGINT NOT NULL,
  "target_likelihood" BIGINT NOT NULL,
  "target_consequence" BIGINT NOT NULL,
  "risk" TEXT NOT NULL,
  "material" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX treatment_by_display_name ON treatment ("organization", "display_name", "id");
CREATE INDEX treatment_by_state ON treatment ("organization", "state", "id");
CREATE INDEX treatment_by_due_time ON treatment ("organization", "due_time", "id");
CREATE INDEX treatment_by_overdue ON treatment ("organization", "overdue", "id");
CREATE INDEX treatment_by_risk ON treatment ("organization", "risk", "id");
CREATE INDEX treatment_by_update_time ON treatment ("organization", "update_time", "id");
CREATE TABLE treatment_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX treatment_label_value ON treatment_label ("organization", "key", "value", "id");
CREATE INDEX treatment_label_id ON treatment_label ("organization", "id");
CREATE TABLE treatment_implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX treatment_implementation_value ON treatment_implementation ("organization", "value", "id");
CREATE INDEX treatment_implementation_id ON treatment_implementation ("organization", "id");
