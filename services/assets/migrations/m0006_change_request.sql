-- The table of change request. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE change_request (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "asset" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "requester" TEXT NOT NULL,
  "decider" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX change_request_by_asset ON change_request ("organization", "asset", "id");
CREATE INDEX change_request_by_state ON change_request ("organization", "state", "id");
CREATE INDEX change_request_by_update_time ON change_request ("organization", "update_time", "id");
