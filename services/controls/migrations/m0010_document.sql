-- The table of document. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE document (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "designation" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "publish_date" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "outdated" BIGINT NOT NULL,
  "provisional" BIGINT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX document_by_designation ON document ("organization", "designation", "id");
CREATE INDEX document_by_title ON document ("organization", "title", "id");
CREATE INDEX document_by_publish_date ON document ("organization", "publish_date", "id");
CREATE INDEX document_by_update_time ON document ("organization", "update_time", "id");
CREATE TABLE document_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX document_label_value ON document_label ("organization", "key", "value", "id");
CREATE INDEX document_label_id ON document_label ("organization", "id");
