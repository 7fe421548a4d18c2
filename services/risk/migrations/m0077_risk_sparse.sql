-- What few risks have is indexed of those alone that do: a risk is about one thing, and most name no threat or profile.
-- Statements end with a semicolon at the end of a line.
DROP INDEX risk_by_asset;
CREATE INDEX risk_by_asset ON risk ("organization", "asset", "id") WHERE "asset" <> '';
DROP INDEX risk_by_service;
CREATE INDEX risk_by_service ON risk ("organization", "service", "id") WHERE "service" <> '';
DROP INDEX risk_by_selector;
CREATE INDEX risk_by_selector ON risk ("organization", "selector", "id") WHERE "selector" <> '';
DROP INDEX risk_by_threat;
CREATE INDEX risk_by_threat ON risk ("organization", "threat", "id") WHERE "threat" <> '';
DROP INDEX risk_by_vulnerability;
CREATE INDEX risk_by_vulnerability ON risk ("organization", "vulnerability", "id") WHERE "vulnerability" <> '';
DROP INDEX risk_by_profile;
CREATE INDEX risk_by_profile ON risk ("organization", "profile", "id") WHERE "profile" <> '';
