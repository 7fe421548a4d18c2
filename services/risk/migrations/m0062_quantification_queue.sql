-- What is to be run is in `quantification_run` from when it is asked for until it has ended: since when it waits, in microseconds since 1970, and how
-- often it was begun. A lease_time of 0 is that of what nobody has begun.
ALTER TABLE quantification_run ADD COLUMN "queue_time" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE quantification_run ADD COLUMN "attempts" BIGINT NOT NULL DEFAULT 0;
INSERT INTO quantification_run (organization, id, runner, lease_time, done, queue_time) SELECT organization, id, '', 0, 0, create_time FROM quantification WHERE state IN ('QUEUED', 'RUNNING') ON CONFLICT (organization, id) DO NOTHING;
CREATE INDEX quantification_run_by_queue_time ON quantification_run ("queue_time", "id");
