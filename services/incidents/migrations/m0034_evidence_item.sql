-- The table of evidence_item. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE evidence_item (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "holder" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "broken" BIGINT NOT NULL,
  "asset" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "collect_time" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX evidence_item_by_display_name ON evidence_item ("organization", "display_name", "id");
CREATE INDEX evidence_item_by_state ON evidence_item ("organization", "state", "id");
CREATE INDEX evidence_item_by_broken ON evidence_item ("organization", "broken", "id");
CREATE INDEX evidence_item_by_incident ON evidence_item ("organization", "incident", "id");
CREATE INDEX evidence_item_by_collect_time ON evidence_item ("organization", "collect_time", "id");
CREATE INDEX evidence_item_by_update_time ON evidence_item ("organization", "update_time", "id");
CREATE INDEX evidence_item_by_asset ON evidence_item ("organization", "asset", "id") WHERE "asset" <> '';
CREATE TABLE evidence_item_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX evidence_item_label_value ON evidence_item_label ("organization", "key", "value", "id");
CREATE INDEX evidence_item_label_id ON evidence_item_label ("organization", "id");
