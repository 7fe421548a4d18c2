-- The table of essential user. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE essential_user (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "category" TEXT NOT NULL,
  "priority" BIGINT NOT NULL,
  "priority_scheme" TEXT NOT NULL,
  "review_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX essential_user_by_display_name ON essential_user ("organization", "display_name", "id");
CREATE INDEX essential_user_by_priority ON essential_user ("organization", "priority", "id");
CREATE INDEX essential_user_by_review_time ON essential_user ("organization", "review_time", "id");
CREATE INDEX essential_user_by_update_time ON essential_user ("organization", "update_time", "id");
CREATE TABLE essential_user_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX essential_user_label_value ON essential_user_label ("organization", "key", "value", "id");
CREATE INDEX essential_user_label_id ON essential_user_label ("organization", "id");
CREATE TABLE essential_user_asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX essential_user_asset_value ON essential_user_asset ("organization", "value", "id");
CREATE INDEX essential_user_asset_id ON essential_user_asset ("organization", "id");
