-- The table of survey. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE survey (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "source" TEXT NOT NULL,
  "importer" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "start_time" BIGINT NOT NULL,
  "end_time" BIGINT NOT NULL,
  "full" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX survey_by_source ON survey ("organization", "source", "id");
CREATE INDEX survey_by_state ON survey ("organization", "state", "id");
CREATE INDEX survey_by_start_time ON survey ("organization", "start_time", "id");
CREATE INDEX survey_by_update_time ON survey ("organization", "update_time", "id");
-- Runs of any organization that died without a word are looked for every minute.
CREATE INDEX survey_by_life ON survey ("state", "update_time");
-- The assets that a survey found and the register did not know.
CREATE TABLE survey_found (
  "organization" TEXT NOT NULL,
  "survey" TEXT NOT NULL,
  "asset" TEXT NOT NULL
);
CREATE INDEX survey_found_asset ON survey_found ("organization", "survey", "asset");
-- The assets that someone keeps although a source does not list them any more.
CREATE TABLE asset_unlisted_kept (
  "organization" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "asset" TEXT NOT NULL
);
CREATE INDEX asset_unlisted_kept_asset ON asset_unlisted_kept ("organization", "source", "asset");
