-- The table of threat_catalogue. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE threat_catalogue (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "edition" TEXT NOT NULL,
  "format" TEXT NOT NULL,
  "publisher" TEXT NOT NULL,
  "import_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX threat_catalogue_by_display_name ON threat_catalogue ("organization", "display_name", "id");
CREATE INDEX threat_catalogue_by_edition ON threat_catalogue ("organization", "edition", "id");
CREATE INDEX threat_catalogue_by_import_time ON threat_catalogue ("organization", "import_time", "id");
CREATE INDEX threat_catalogue_by_update_time ON threat_catalogue ("organization", "update_time", "id");
CREATE TABLE threat_catalogue_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_catalogue_label_value ON threat_catalogue_label ("organization", "key", "value", "id");
CREATE INDEX threat_catalogue_label_id ON threat_catalogue_label ("organization", "id");
