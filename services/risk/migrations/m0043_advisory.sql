-- The table of advisory. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE advisory (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "tracking_id" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "category" TEXT NOT NULL,
  "publisher" TEXT NOT NULL,
  "tlp" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "release_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX advisory_by_tracking_id ON advisory ("organization", "tracking_id", "id");
CREATE INDEX advisory_by_title ON advisory ("organization", "title", "id");
CREATE INDEX advisory_by_release_time ON advisory ("organization", "release_time", "id");
CREATE INDEX advisory_by_update_time ON advisory ("organization", "update_time", "id");
CREATE TABLE advisory_vulnerability (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX advisory_vulnerability_value ON advisory_vulnerability ("organization", "value", "id");
CREATE INDEX advisory_vulnerability_id ON advisory_vulnerability ("organization", "id");
CREATE TABLE advisory_vendor (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX advisory_vendor_value ON advisory_vendor ("organization", "value", "id");
CREATE INDEX advisory_vendor_id ON advisory_vendor ("organization", "id");
CREATE TABLE advisory_product (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX advisory_product_value ON advisory_product ("organization", "value", "id");
CREATE INDEX advisory_product_id ON advisory_product ("organization", "id");
CREATE TABLE advisory_subject (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "maker" TEXT NOT NULL,
  "product" TEXT NOT NULL
);
CREATE INDEX advisory_subject_value ON advisory_subject ("organization", "maker", "product", "id");
CREATE INDEX advisory_subject_id ON advisory_subject ("organization", "id");
