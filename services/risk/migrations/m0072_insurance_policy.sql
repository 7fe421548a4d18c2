-- The table of insurance_policy. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE insurance_policy (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "insurer" TEXT NOT NULL,
  "line" TEXT NOT NULL,
  "reference" TEXT NOT NULL,
  "tower" TEXT NOT NULL,
  "currency_code" TEXT NOT NULL,
  "attachment" DOUBLE PRECISION NOT NULL,
  "limit" DOUBLE PRECISION NOT NULL,
  "premium" DOUBLE PRECISION NOT NULL,
  "start_time" BIGINT NOT NULL,
  "end_time" BIGINT NOT NULL,
  "renewal_due_time" BIGINT NOT NULL,
  "owner" TEXT NOT NULL,
  "successor" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX insurance_policy_by_display_name ON insurance_policy ("organization", "display_name", "id");
CREATE INDEX insurance_policy_by_insurer ON insurance_policy ("organization", "insurer", "id");
CREATE INDEX insurance_policy_by_tower ON insurance_policy ("organization", "tower", "id");
CREATE INDEX insurance_policy_by_attachment ON insurance_policy ("organization", "attachment", "id");
CREATE INDEX insurance_policy_by_limit ON insurance_policy ("organization", "limit", "id");
CREATE INDEX insurance_policy_by_premium ON insurance_policy ("organization", "premium", "id");
CREATE INDEX insurance_policy_by_start_time ON insurance_policy ("organization", "start_time", "id");
CREATE INDEX insurance_policy_by_end_time ON insurance_policy ("organization", "end_time", "id");
CREATE INDEX insurance_policy_by_renewal_due_time ON insurance_policy ("organization", "renewal_due_time", "id");
CREATE INDEX insurance_policy_by_successor ON insurance_policy ("organization", "successor", "id");
CREATE INDEX insurance_policy_by_state ON insurance_policy ("organization", "state", "id");
CREATE INDEX insurance_policy_by_update_time ON insurance_policy ("organization", "update_time", "id");
CREATE TABLE insurance_policy_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX insurance_policy_label_value ON insurance_policy_label ("organization", "key", "value", "id");
CREATE INDEX insurance_policy_label_id ON insurance_policy_label ("organization", "id");
