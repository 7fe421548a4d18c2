-- The table of risk. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE risk (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "threat" TEXT NOT NULL,
  "vulnerability" TEXT NOT NULL,
  "criteria" TEXT NOT NULL,
  "profile" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "confidence" TEXT NOT NULL,
  "likelihood" BIGINT NOT NULL,
  "next_review_time" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "above_appetite" BIGINT NOT NULL,
  "asset_value" DOUBLE PRECISION NOT NULL,
  "score_time" BIGINT NOT NULL,
  "inherent_likelihood" BIGINT NOT NULL,
  "inherent_consequence" BIGINT NOT NULL,
  "inherent_level" BIGINT NOT NULL,
  "current_likelihood" BIGINT NOT NULL,
  "current_consequence" BIGINT NOT NULL,
  "current_level" BIGINT NOT NULL,
  "residual_likelihood" BIGINT NOT NULL,
  "residual_consequence" BIGINT NOT NULL,
  "residual_level" BIGINT NOT NULL,
  "acceptance_until" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX risk_by_display_name ON risk ("organization", "display_name", "id");
CREATE INDEX risk_by_asset ON risk ("organization", "asset", "id");
CREATE INDEX risk_by_service ON risk ("organization", "service", "id");
CREATE INDEX risk_by_selector ON risk ("organization", "selector", "id");
CREATE INDEX risk_by_threat ON risk ("organization", "threat", "id");
CREATE INDEX risk_by_vulnerability ON risk ("organization", "vulnerability", "id");
CREATE INDEX risk_by_profile ON risk ("organization", "profile", "id");
CREATE INDEX risk_by_owner ON risk ("organization", "owner", "id");
CREATE INDEX risk_by_next_review_time ON risk ("organization", "next_review_time", "id");
CREATE INDEX risk_by_state ON risk ("organization", "state", "id");
CREATE INDEX risk_by_current_level ON risk ("organization", "current_level", "id");
CREATE INDEX risk_by_acceptance_until ON risk ("organization", "acceptance_until", "id");
CREATE INDEX risk_by_update_time ON risk ("organization", "update_time", "id");
CREATE TABLE risk_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX risk_label_value ON risk_label ("organization", "key", "value", "id");
CREATE INDEX risk_label_id ON risk_label ("organization", "id");
CREATE TABLE risk_implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX risk_implementation_value ON risk_implementation ("organization", "value", "id");
CREATE INDEX risk_implementation_id ON risk_implementation ("organization", "id");
-- The worst risks of criteria, by each view.
CREATE INDEX risk_by_criteria_current ON risk ("organization", "criteria", "current_level", "id");
CREATE INDEX risk_by_criteria_inherent ON risk ("organization", "criteria", "inherent_level", "id");
CREATE INDEX risk_by_criteria_residual ON risk ("organization", "criteria", "residual_level", "id");
-- How many risks are where: of one criteria, view, state and cell.
CREATE TABLE risk_tally (
  "organization" TEXT NOT NULL,
  "criteria" TEXT NOT NULL,
  "view" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "likelihood" BIGINT NOT NULL,
  "consequence" BIGINT NOT NULL,
  "level" BIGINT NOT NULL,
  "above" BIGINT NOT NULL,
  "count" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "criteria", "view", "state", "likelihood", "consequence", "level", "above")
);
