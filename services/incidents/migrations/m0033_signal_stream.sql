-- Where the intake of an organization stands: how many portions came, how often what correlation rests on has changed, and the last number that was
-- given to a case. Statements end with a semicolon at the end of a line.
CREATE TABLE signal_stream (
  "organization" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  "generation" BIGINT NOT NULL,
  "last_case" BIGINT NOT NULL,
  PRIMARY KEY ("organization")
);
-- Signals of one kind about one device, as long as they follow each other: what correlation goes on from after a restart, and in another replica. The key is
-- the device and the kind; times are in microseconds since 1970.
CREATE TABLE signal_episode (
  "organization" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "device" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "cause" TEXT NOT NULL,
  "case_number" BIGINT NOT NULL,
  "last" BIGINT NOT NULL,
  "cause_device" TEXT NOT NULL,
  "cause_kind" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "key")
);
CREATE INDEX signal_episode_by_position ON signal_episode ("organization", "position");
CREATE INDEX signal_episode_by_case ON signal_episode ("organization", "case_number");
CREATE INDEX signal_episode_by_last ON signal_episode ("organization", "last");
