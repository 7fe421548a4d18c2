-- The table of test_run. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE test_run (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "implementation" TEXT NOT NULL,
  "result" TEXT NOT NULL,
  "tester" TEXT NOT NULL,
  "run_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX test_run_by_implementation ON test_run ("organization", "implementation", "id");
CREATE INDEX test_run_by_result ON test_run ("organization", "result", "id");
CREATE INDEX test_run_by_tester ON test_run ("organization", "tester", "id");
CREATE INDEX test_run_by_run_time ON test_run ("organization", "run_time", "id");
CREATE INDEX test_run_by_update_time ON test_run ("organization", "update_time", "id");
CREATE TABLE test_run_evidence (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX test_run_evidence_value ON test_run_evidence ("organization", "value", "id");
CREATE INDEX test_run_evidence_id ON test_run_evidence ("organization", "id");
