-- The table of timeline_entry. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE timeline_entry (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "kind" TEXT NOT NULL,
  "author" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "corrects" TEXT NOT NULL,
  "occurrence_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX timeline_entry_by_incident ON timeline_entry ("organization", "incident", "id");
CREATE INDEX timeline_entry_by_occurrence_time ON timeline_entry ("organization", "occurrence_time", "id");
CREATE INDEX timeline_entry_by_update_time ON timeline_entry ("organization", "update_time", "id");
