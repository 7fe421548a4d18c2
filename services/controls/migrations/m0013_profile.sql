-- The table of profile. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE profile (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "missing_imports" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX profile_by_display_name ON profile ("organization", "display_name", "id");
CREATE INDEX profile_by_update_time ON profile ("organization", "update_time", "id");
CREATE TABLE profile_catalogue (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX profile_catalogue_value ON profile_catalogue ("organization", "value", "id");
CREATE INDEX profile_catalogue_id ON profile_catalogue ("organization", "id");
CREATE TABLE profile_profile (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX profile_profile_value ON profile_profile ("organization", "value", "id");
CREATE INDEX profile_profile_id ON profile_profile ("organization", "id");
CREATE TABLE profile_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX profile_label_value ON profile_label ("organization", "key", "value", "id");
CREATE INDEX profile_label_id ON profile_label ("organization", "id");
