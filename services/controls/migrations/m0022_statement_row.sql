-- The table of statement_row. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE statement_row (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "control" TEXT NOT NULL,
  "label" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "theme" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  "level" TEXT NOT NULL,
  "decision" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "tailoring" TEXT NOT NULL,
  "suggestion" TEXT NOT NULL,
  "migration" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX statement_row_by_control ON statement_row ("organization", "control", "id");
CREATE INDEX statement_row_by_label ON statement_row ("organization", "label", "id");
CREATE INDEX statement_row_by_title ON statement_row ("organization", "title", "id");
CREATE INDEX statement_row_by_position ON statement_row ("organization", "position", "id");
CREATE INDEX statement_row_by_update_time ON statement_row ("organization", "update_time", "id");
