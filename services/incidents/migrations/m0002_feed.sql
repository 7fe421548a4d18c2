-- How far the feeds of other services have been followed: the tables of libs/feed, the same in every service that follows one.
CREATE TABLE feed_cursor (
  "source" TEXT NOT NULL,
  "cursor" TEXT NOT NULL,
  "sequence" BIGINT NOT NULL,
  "change_time" BIGINT NOT NULL,
  "move_time" BIGINT NOT NULL,
  PRIMARY KEY ("source")
);
CREATE TABLE feed_parked (
  "source" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "sequence" BIGINT NOT NULL,
  "resource" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  "since" BIGINT NOT NULL,
  "attempts" BIGINT NOT NULL,
  "try_time" BIGINT NOT NULL,
  PRIMARY KEY ("source")
);
