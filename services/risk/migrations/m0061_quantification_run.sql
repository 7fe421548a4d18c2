-- Who runs which quantification until when, in microseconds since 1970, and how many years of scenarios are simulated. Not in the ledger.
CREATE TABLE quantification_run (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "runner" TEXT NOT NULL,
  "lease_time" BIGINT NOT NULL,
  "done" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "id")
);
