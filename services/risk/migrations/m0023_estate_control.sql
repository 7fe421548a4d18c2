-- What is known of the implementations of the service of controls, as its feed tells it. `score` is the effectiveness, 0 unless it does its work.
CREATE TABLE estate_implementation (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "control" TEXT NOT NULL,
  "display_name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "score" DOUBLE PRECISION NOT NULL,
  PRIMARY KEY ("organization", "id")
);
-- The greatest value among the assets of selectors that risks name; a row is missing where it has to be worked out anew.
CREATE TABLE estate_selector_value (
  "organization" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "value" DOUBLE PRECISION NOT NULL,
  PRIMARY KEY ("organization", "selector")
);
