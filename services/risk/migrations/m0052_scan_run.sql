-- The table of scan_run. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE scan_run (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "engine" TEXT NOT NULL,
  "scan_time" BIGINT NOT NULL,
  "source" TEXT NOT NULL,
  "source_digest" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX scan_run_by_engine ON scan_run ("organization", "engine", "id");
CREATE INDEX scan_run_by_scan_time ON scan_run ("organization", "scan_time", "id");
CREATE INDEX scan_run_by_source_digest ON scan_run ("organization", "source_digest", "id");
CREATE INDEX scan_run_by_update_time ON scan_run ("organization", "update_time", "id");
