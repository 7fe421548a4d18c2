-- The table of threat. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE threat (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "key" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "evidence" TEXT NOT NULL,
  "parent_key" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  "revoked" BIGINT NOT NULL,
  "deprecated" BIGINT NOT NULL,
  "gone" BIGINT NOT NULL,
  "imported" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX threat_by_key ON threat ("organization", "key", "id");
CREATE INDEX threat_by_title ON threat ("organization", "title", "id");
CREATE INDEX threat_by_evidence ON threat ("organization", "evidence", "id");
CREATE INDEX threat_by_parent_key ON threat ("organization", "parent_key", "id");
CREATE INDEX threat_by_position ON threat ("organization", "position", "id");
CREATE INDEX threat_by_update_time ON threat ("organization", "update_time", "id");
CREATE TABLE threat_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_label_value ON threat_label ("organization", "key", "value", "id");
CREATE INDEX threat_label_id ON threat_label ("organization", "id");
CREATE TABLE threat_tactic (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_tactic_value ON threat_tactic ("organization", "value", "id");
CREATE INDEX threat_tactic_id ON threat_tactic ("organization", "id");
CREATE TABLE threat_platform (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_platform_value ON threat_platform ("organization", "value", "id");
CREATE INDEX threat_platform_id ON threat_platform ("organization", "id");
CREATE TABLE threat_architecture_segment (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_architecture_segment_value ON threat_architecture_segment ("organization", "value", "id");
CREATE INDEX threat_architecture_segment_id ON threat_architecture_segment ("organization", "id");
CREATE TABLE threat_related_key (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_related_key_value ON threat_related_key ("organization", "value", "id");
CREATE INDEX threat_related_key_id ON threat_related_key ("organization", "id");
CREATE TABLE threat_mitigation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX threat_mitigation_value ON threat_mitigation ("organization", "value", "id");
CREATE INDEX threat_mitigation_id ON threat_mitigation ("organization", "id");
