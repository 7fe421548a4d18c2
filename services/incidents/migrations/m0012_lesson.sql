-- The table of lesson. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE lesson (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "process" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "overdue" BIGINT NOT NULL,
  "implementation" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX lesson_by_display_name ON lesson ("organization", "display_name", "id");
CREATE INDEX lesson_by_state ON lesson ("organization", "state", "id");
CREATE INDEX lesson_by_due_time ON lesson ("organization", "due_time", "id");
CREATE INDEX lesson_by_overdue ON lesson ("organization", "overdue", "id");
CREATE INDEX lesson_by_incident ON lesson ("organization", "incident", "id");
CREATE INDEX lesson_by_update_time ON lesson ("organization", "update_time", "id");
CREATE TABLE lesson_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX lesson_label_value ON lesson_label ("organization", "key", "value", "id");
CREATE INDEX lesson_label_id ON lesson_label ("organization", "id");
