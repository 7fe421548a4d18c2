-- What is known of the asset registry, as its feed tells it. Statements end with a semicolon at the end of a line.
-- What an asset is worth, its grade (1 the highest, 0 none), and how many subscribers it has itself.
CREATE TABLE estate_asset (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "display_name" TEXT NOT NULL,
  "site" TEXT NOT NULL,
  "value" DOUBLE PRECISION NOT NULL,
  "grade" BIGINT NOT NULL,
  "subscribers" BIGINT NOT NULL,
  PRIMARY KEY ("organization", "id")
);
-- By which names an asset is known, in small letters; of an external id also the system that calls it so.
CREATE TABLE estate_name (
  "organization" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "system" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  PRIMARY KEY ("organization", "name", "system", "asset")
);
CREATE INDEX estate_name_by_asset ON estate_name ("organization", "asset");
-- What depends on what.
CREATE TABLE estate_link (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "dependent" TEXT NOT NULL,
  "supporting" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX estate_link_by_dependent ON estate_link ("organization", "dependent", "supporting");
CREATE INDEX estate_link_by_supporting ON estate_link ("organization", "supporting", "dependent");
