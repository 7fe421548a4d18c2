-- The table of finding. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE finding (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "vulnerability" TEXT NOT NULL,
  "weakness" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "exposure" TEXT NOT NULL,
  "severity" TEXT NOT NULL,
  "cvss" DOUBLE PRECISION NOT NULL,
  "epss" DOUBLE PRECISION NOT NULL,
  "known_exploited" BIGINT NOT NULL,
  "source" TEXT NOT NULL,
  "last_seen_time" BIGINT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "open_time" BIGINT NOT NULL,
  "overdue" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX finding_by_vulnerability ON finding ("organization", "vulnerability", "id");
CREATE INDEX finding_by_asset ON finding ("organization", "asset", "id");
CREATE INDEX finding_by_exposure ON finding ("organization", "exposure", "id");
CREATE INDEX finding_by_severity ON finding ("organization", "severity", "id");
CREATE INDEX finding_by_cvss ON finding ("organization", "cvss", "id");
CREATE INDEX finding_by_epss ON finding ("organization", "epss", "id");
CREATE INDEX finding_by_last_seen_time ON finding ("organization", "last_seen_time", "id");
CREATE INDEX finding_by_due_time ON finding ("organization", "due_time", "id");
CREATE INDEX finding_by_state ON finding ("organization", "state", "id");
CREATE INDEX finding_by_open_time ON finding ("organization", "open_time", "id");
CREATE INDEX finding_by_update_time ON finding ("organization", "update_time", "id");
CREATE TABLE finding_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX finding_label_value ON finding_label ("organization", "key", "value", "id");
CREATE INDEX finding_label_id ON finding_label ("organization", "id");
