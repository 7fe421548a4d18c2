-- What is due when: the table of libs/deadline, the same in every service. `try_time` is `due`, or later where the handler failed.
CREATE TABLE deadline (
  "organization" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "due" BIGINT NOT NULL,
  "try_time" BIGINT NOT NULL,
  "attempts" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "kind", "name")
);
CREATE INDEX deadline_by_try_time ON deadline ("try_time", "kind");
