-- The table of oscal_document. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE oscal_document (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "kind" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "uuid" TEXT NOT NULL,
  "location" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX oscal_document_by_title ON oscal_document ("organization", "title", "id");
CREATE INDEX oscal_document_by_uuid ON oscal_document ("organization", "uuid", "id");
CREATE INDEX oscal_document_by_update_time ON oscal_document ("organization", "update_time", "id");
CREATE TABLE oscal_document_resource (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX oscal_document_resource_value ON oscal_document_resource ("organization", "value", "id");
CREATE INDEX oscal_document_resource_id ON oscal_document_resource ("organization", "id");
