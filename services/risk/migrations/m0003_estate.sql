-- What is known of the asset registry, as its feed tells it. `key` is the type of an asset or site, the state of a selector. `value`
-- is the effective value of an asset. `vendor` and `product` are in small letters, so that they can be matched.
CREATE TABLE estate_thing (
  "organization" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "display_name" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "value" DOUBLE PRECISION NOT NULL,
  "owner" TEXT NOT NULL,
  "vendor" TEXT NOT NULL,
  "product" TEXT NOT NULL,
  "product_version" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  PRIMARY KEY ("organization", "kind", "id")
);
CREATE INDEX estate_thing_by_key ON estate_thing ("organization", "kind", "key");
CREATE INDEX estate_thing_by_vendor ON estate_thing ("organization", "vendor", "product", "id");
-- By which addresses, prefixes and names an asset is known in the network: the kind as the registry calls it, the value in small letters.
CREATE TABLE estate_identifier (
  "organization" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  PRIMARY KEY ("organization", "kind", "value", "asset")
);
CREATE INDEX estate_identifier_by_asset ON estate_identifier ("organization", "asset");
-- Which assets a selector selects.
CREATE TABLE estate_membership (
  "organization" TEXT NOT NULL,
  "selector" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  PRIMARY KEY ("organization", "selector", "asset")
);
CREATE INDEX estate_membership_by_asset ON estate_membership ("organization", "asset", "selector");
