-- What is known of the asset registry, as its feed tells it. `key` is the type of an asset or site, the kind of an interconnect,
-- the category of an essential user, the state of a selector.
CREATE TABLE estate_thing (
  "organization" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  PRIMARY KEY ("organization", "kind", "id")
);
CREATE INDEX estate_thing_by_key ON estate_thing ("organization", "kind", "key");
CREATE INDEX estate_thing_by_site ON estate_thing ("organization", "site", "kind", "key");
-- Which assets a selector selects.
CREATE TABLE estate_membership (
  "organization" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  PRIMARY KEY ("organization", "selector", "asset")
);
CREATE INDEX estate_membership_by_asset ON estate_membership ("organization", "asset", "selector");
-- How many these are, and how often that changed.
CREATE TABLE estate_selector (
  "organization" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "members" BIGINT NOT NULL,
  "changes" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "selector")
);
