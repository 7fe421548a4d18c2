-- The table of control. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE control (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "label" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "theme" TEXT NOT NULL,
  "position" BIGINT NOT NULL,
  "origin" TEXT NOT NULL,
  "parent_control" TEXT NOT NULL,
  "withdrawn" BIGINT NOT NULL,
  "provisional" BIGINT NOT NULL,
  "shipped" BIGINT NOT NULL,
  "introductory" BIGINT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX control_by_label ON control ("organization", "label", "id");
CREATE INDEX control_by_title ON control ("organization", "title", "id");
CREATE INDEX control_by_position ON control ("organization", "position", "id");
CREATE INDEX control_by_update_time ON control ("organization", "update_time", "id");
CREATE TABLE control_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_label_value ON control_label ("organization", "key", "value", "id");
CREATE INDEX control_label_id ON control_label ("organization", "id");
CREATE TABLE control_control_type (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_control_type_value ON control_control_type ("organization", "value", "id");
CREATE INDEX control_control_type_id ON control_control_type ("organization", "id");
CREATE TABLE control_security_property (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_security_property_value ON control_security_property ("organization", "value", "id");
CREATE INDEX control_security_property_id ON control_security_property ("organization", "id");
CREATE TABLE control_cybersecurity_concept (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_cybersecurity_concept_value ON control_cybersecurity_concept ("organization", "value", "id");
CREATE INDEX control_cybersecurity_concept_id ON control_cybersecurity_concept ("organization", "id");
CREATE TABLE control_operational_capability (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_operational_capability_value ON control_operational_capability ("organization", "value", "id");
CREATE INDEX control_operational_capability_id ON control_operational_capability ("organization", "id");
CREATE TABLE control_security_domain (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX control_security_domain_value ON control_security_domain ("organization", "value", "id");
CREATE INDEX control_security_domain_id ON control_security_domain ("organization", "id");
