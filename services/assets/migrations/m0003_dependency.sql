-- The table of dependency. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE dependency (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "dependent" TEXT NOT NULL,
  "supporting" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX dependency_by_dependent ON dependency ("organization", "dependent", "id");
CREATE INDEX dependency_by_supporting ON dependency ("organization", "supporting", "id");
CREATE INDEX dependency_by_update_time ON dependency ("organization", "update_time", "id");
-- Assets whose inherited value is still to be worked out: filled by imports, emptied when they end.
CREATE TABLE valuation_queue (organization TEXT NOT NULL, asset TEXT NOT NULL);
CREATE INDEX valuation_queue_organization ON valuation_queue (organization);
