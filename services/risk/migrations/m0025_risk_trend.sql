-- How many risks had which current level at the end of a day, for each day on which something of it changed; those that were CLOSED not counted. Days
-- are counted from 1970, UTC. A line of levels holds a level, how many risks had it, and how many of these were above the appetite.
CREATE TABLE risk_trend (
  "organization" TEXT NOT NULL,
  "criteria" TEXT NOT NULL,
  "day" BIGINT NOT NULL,
  "levels" TEXT NOT NULL,
  PRIMARY KEY ("organization", "criteria", "day")
);
