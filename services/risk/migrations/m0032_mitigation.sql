-- The table of mitigation. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE mitigation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "key" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  "revoked" BIGINT NOT NULL,
  "deprecated" BIGINT NOT NULL,
  "gone" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX mitigation_by_key ON mitigation ("organization", "key", "id");
CREATE INDEX mitigation_by_title ON mitigation ("organization", "title", "id");
CREATE INDEX mitigation_by_position ON mitigation ("organization", "position", "id");
CREATE INDEX mitigation_by_update_time ON mitigation ("organization", "update_time", "id");
CREATE TABLE mitigation_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX mitigation_label_value ON mitigation_label ("organization", "key", "value", "id");
CREATE INDEX mitigation_label_id ON mitigation_label ("organization", "id");
