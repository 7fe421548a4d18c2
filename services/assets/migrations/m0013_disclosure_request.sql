-- The table of disclosure request. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE disclosure_request (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "authority" TEXT NOT NULL,
  "reference" TEXT NOT NULL,
  "receive_time" BIGINT NOT NULL,
  "due_time" BIGINT NOT NULL,
  "verifier" TEXT NOT NULL,
  "fulfiller" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX disclosure_request_by_authority ON disclosure_request ("organization", "authority", "id");
CREATE INDEX disclosure_request_by_reference ON disclosure_request ("organization", "reference", "id");
CREATE INDEX disclosure_request_by_receive_time ON disclosure_request ("organization", "receive_time", "id");
CREATE INDEX disclosure_request_by_due_time ON disclosure_request ("organization", "due_time", "id");
CREATE INDEX disclosure_request_by_state ON disclosure_request ("organization", "state", "id");
CREATE INDEX disclosure_request_by_update_time ON disclosure_request ("organization", "update_time", "id");
CREATE TABLE disclosure_request_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX disclosure_request_label_value ON disclosure_request_label ("organization", "key", "value", "id");
CREATE INDEX disclosure_request_label_id ON disclosure_request_label ("organization", "id");
CREATE TABLE disclosure_request_data_kind (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX disclosure_request_data_kind_value ON disclosure_request_data_kind ("organization", "value", "id");
CREATE INDEX disclosure_request_data_kind_id ON disclosure_request_data_kind ("organization", "id");
