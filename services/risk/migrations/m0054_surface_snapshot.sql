-- The table of surface_snapshot. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE surface_snapshot (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "take_time" BIGINT NOT NULL,
  "score" DOUBLE PRECISION NOT NULL,
  "rose" BIGINT NOT NULL,
  "explained" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX surface_snapshot_by_take_time ON surface_snapshot ("organization", "take_time", "id");
CREATE INDEX surface_snapshot_by_score ON surface_snapshot ("organization", "score", "id");
CREATE INDEX surface_snapshot_by_update_time ON surface_snapshot ("organization", "update_time", "id");
