-- The table of insurer_questionnaire. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE insurer_questionnaire (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "insurer" TEXT NOT NULL,
  "policy" TEXT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "owner" TEXT NOT NULL,
  "changed_answers" BIGINT NOT NULL,
  "material_change" BIGINT NOT NULL,
  "submit_time" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX insurer_questionnaire_by_display_name ON insurer_questionnaire ("organization", "display_name", "id");
CREATE INDEX insurer_questionnaire_by_insurer ON insurer_questionnaire ("organization", "insurer", "id");
CREATE INDEX insurer_questionnaire_by_policy ON insurer_questionnaire ("organization", "policy", "id");
CREATE INDEX insurer_questionnaire_by_due_time ON insurer_questionnaire ("organization", "due_time", "id");
CREATE INDEX insurer_questionnaire_by_submit_time ON insurer_questionnaire ("organization", "submit_time", "id");
CREATE INDEX insurer_questionnaire_by_state ON insurer_questionnaire ("organization", "state", "id");
CREATE INDEX insurer_questionnaire_by_update_time ON insurer_questionnaire ("organization", "update_time", "id");
CREATE TABLE insurer_questionnaire_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX insurer_questionnaire_label_value ON insurer_questionnaire_label ("organization", "key", "value", "id");
CREATE INDEX insurer_questionnaire_label_id ON insurer_questionnaire_label ("organization", "id");
