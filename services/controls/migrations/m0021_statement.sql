-- The table of statement. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE statement (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "scope" TEXT NOT NULL,
  "catalogue" TEXT NOT NULL,
  "baseline" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "revision" BIGINT NOT NULL,
  "undecided" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX statement_by_display_name ON statement ("organization", "display_name", "id");
CREATE INDEX statement_by_scope ON statement ("organization", "scope", "id");
CREATE INDEX statement_by_catalogue ON statement ("organization", "catalogue", "id");
CREATE INDEX statement_by_state ON statement ("organization", "state", "id");
CREATE INDEX statement_by_revision ON statement ("organization", "revision", "id");
CREATE INDEX statement_by_undecided ON statement ("organization", "undecided", "id");
CREATE INDEX statement_by_update_time ON statement ("organization", "update_time", "id");
CREATE TABLE statement_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX statement_label_value ON statement_label ("organization", "key", "value", "id");
CREATE INDEX statement_label_id ON statement_label ("organization", "id");
