-- The table of insurance_claim. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE insurance_claim (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "policy" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "risk" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "notice_due_time" BIGINT NOT NULL,
  "notice_overdue" BIGINT NOT NULL,
  "notify_time" BIGINT NOT NULL,
  "total_amount" DOUBLE PRECISION NOT NULL,
  "expected_payout" DOUBLE PRECISION NOT NULL,
  "paid_amount" DOUBLE PRECISION NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX insurance_claim_by_display_name ON insurance_claim ("organization", "display_name", "id");
CREATE INDEX insurance_claim_by_policy ON insurance_claim ("organization", "policy", "id");
CREATE INDEX insurance_claim_by_incident ON insurance_claim ("organization", "incident", "id");
CREATE INDEX insurance_claim_by_risk ON insurance_claim ("organization", "risk", "id");
CREATE INDEX insurance_claim_by_notice_due_time ON insurance_claim ("organization", "notice_due_time", "id");
CREATE INDEX insurance_claim_by_total_amount ON insurance_claim ("organization", "total_amount", "id");
CREATE INDEX insurance_claim_by_state ON insurance_claim ("organization", "state", "id");
CREATE INDEX insurance_claim_by_update_time ON insurance_claim ("organization", "update_time", "id");
CREATE TABLE insurance_claim_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX insurance_claim_label_value ON insurance_claim_label ("organization", "key", "value", "id");
CREATE INDEX insurance_claim_label_id ON insurance_claim_label ("organization", "id");
