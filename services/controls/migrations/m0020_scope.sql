-- The table of scope. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE scope (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX scope_by_display_name ON scope ("organization", "display_name", "id");
CREATE INDEX scope_by_owner ON scope ("organization", "owner", "id");
CREATE INDEX scope_by_update_time ON scope ("organization", "update_time", "id");
CREATE TABLE scope_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX scope_label_value ON scope_label ("organization", "key", "value", "id");
CREATE INDEX scope_label_id ON scope_label ("organization", "id");
CREATE TABLE scope_service (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX scope_service_value ON scope_service ("organization", "value", "id");
CREATE INDEX scope_service_id ON scope_service ("organization", "id");
CREATE TABLE scope_site (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX scope_site_value ON scope_site ("organization", "value", "id");
CREATE INDEX scope_site_id ON scope_site ("organization", "id");
