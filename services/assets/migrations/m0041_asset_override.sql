-- What flows in the place of an asset's own value, and how many subscribers it serves: read for whole sets of assets.
ALTER TABLE asset ADD COLUMN "value_override" DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE asset ADD COLUMN "subscribers" BIGINT NOT NULL DEFAULT 0;
-- The recovery objectives of those assets that have or inherit any: a line for each, in whole seconds, empty where none.
CREATE TABLE asset_objective (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "objective" TEXT NOT NULL,
  "own" TEXT NOT NULL,
  "inherited" TEXT NOT NULL,
  "source" TEXT NOT NULL
);
CREATE INDEX asset_objective_value ON asset_objective ("organization", "objective", "own", "inherited", "source", "id");
CREATE INDEX asset_objective_id ON asset_objective ("organization", "id");
