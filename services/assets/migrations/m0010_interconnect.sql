-- The table of interconnect. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE interconnect (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "peer" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "agreement" TEXT NOT NULL,
  "agreement_end_time" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX interconnect_by_display_name ON interconnect ("organization", "display_name", "id");
CREATE INDEX interconnect_by_peer ON interconnect ("organization", "peer", "id");
CREATE INDEX interconnect_by_site ON interconnect ("organization", "site", "id");
CREATE INDEX interconnect_by_agreement_end_time ON interconnect ("organization", "agreement_end_time", "id");
CREATE INDEX interconnect_by_state ON interconnect ("organization", "state", "id");
CREATE INDEX interconnect_by_update_time ON interconnect ("organization", "update_time", "id");
CREATE TABLE interconnect_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX interconnect_label_value ON interconnect_label ("organization", "key", "value", "id");
CREATE INDEX interconnect_label_id ON interconnect_label ("organization", "id");
CREATE TABLE interconnect_asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX interconnect_asset_value ON interconnect_asset ("organization", "value", "id");
CREATE INDEX interconnect_asset_id ON interconnect_asset ("organization", "id");
