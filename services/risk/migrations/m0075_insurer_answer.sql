-- The table of insurer_answer. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE insurer_answer (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "question" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "questionnaire" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX insurer_answer_by_question ON insurer_answer ("organization", "question", "id");
CREATE INDEX insurer_answer_by_state ON insurer_answer ("organization", "state", "id");
CREATE INDEX insurer_answer_by_questionnaire ON insurer_answer ("organization", "questionnaire", "id");
CREATE INDEX insurer_answer_by_update_time ON insurer_answer ("organization", "update_time", "id");
CREATE TABLE insurer_answer_implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX insurer_answer_implementation_value ON insurer_answer_implementation ("organization", "value", "id");
CREATE INDEX insurer_answer_implementation_id ON insurer_answer_implementation ("organization", "id");
