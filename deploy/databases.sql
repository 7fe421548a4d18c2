-- Each service has a database of its own; the server makes the first one itself.
CREATE DATABASE telwarden_controls;
CREATE DATABASE telwarden_risk;
CREATE DATABASE telwarden_incidents;
