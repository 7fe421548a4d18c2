-- The table of insurer. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE insurer (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "rating" TEXT NOT NULL,
  "country_code" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX insurer_by_display_name ON insurer ("organization", "display_name", "id");
CREATE INDEX insurer_by_update_time ON insurer ("organization", "update_time", "id");
CREATE TABLE insurer_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX insurer_label_value ON insurer_label ("organization", "key", "value", "id");
CREATE INDEX insurer_label_id ON insurer_label ("organization", "id");
