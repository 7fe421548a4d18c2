-- The table of catalogue. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE catalogue (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "document" TEXT NOT NULL,
  "edition" TEXT NOT NULL,
  "language" TEXT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "provisional" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX catalogue_by_display_name ON catalogue ("organization", "display_name", "id");
CREATE INDEX catalogue_by_document ON catalogue ("organization", "document", "id");
CREATE INDEX catalogue_by_edition ON catalogue ("organization", "edition", "id");
CREATE INDEX catalogue_by_update_time ON catalogue ("organization", "update_time", "id");
CREATE TABLE catalogue_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX catalogue_label_value ON catalogue_label ("organization", "key", "value", "id");
CREATE INDEX catalogue_label_id ON catalogue_label ("organization", "id");
