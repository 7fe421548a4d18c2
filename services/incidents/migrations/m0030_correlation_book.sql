-- The table of correlation_book. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE correlation_book (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX correlation_book_by_display_name ON correlation_book ("organization", "display_name", "id");
CREATE INDEX correlation_book_by_state ON correlation_book ("organization", "state", "id");
CREATE INDEX correlation_book_by_update_time ON correlation_book ("organization", "update_time", "id");
