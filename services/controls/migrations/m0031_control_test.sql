-- The table of control_test. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE control_test (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "implementation" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "next_due_time" BIGINT NOT NULL,
  "overdue" BIGINT NOT NULL,
  "last_run_time" BIGINT NOT NULL,
  "last_result" TEXT NOT NULL,
  "deciding_result" TEXT NOT NULL,
  "deciding_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX control_test_by_display_name ON control_test ("organization", "display_name", "id");
CREATE INDEX control_test_by_implementation ON control_test ("organization", "implementation", "id");
CREATE INDEX control_test_by_owner ON control_test ("organization", "owner", "id");
CREATE INDEX control_test_by_state ON control_test ("organization", "state", "id");
CREATE INDEX control_test_by_next_due_time ON control_test ("organization", "next_due_time", "id");
CREATE INDEX control_test_by_last_run_time ON control_test ("organization", "last_run_time", "id");
CREATE INDEX control_test_by_update_time ON control_test ("organization", "update_time", "id");
CREATE TABLE control_test_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_test_label_value ON control_test_label ("organization", "key", "value", "id");
CREATE INDEX control_test_label_id ON control_test_label ("organization", "id");
