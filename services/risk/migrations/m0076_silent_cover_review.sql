-- The table of silent_cover_review. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
CREATE TABLE silent_cover_review (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" BIGINT NOT NULL,
  "create_time" BIGINT NOT NULL,
  "update_time" BIGINT NOT NULL,
  "display_name" TEXT NOT NULL,
  "policy" TEXT NOT NULL,
  "reviewer" TEXT NOT NULL,
  "next_review_time" BIGINT NOT NULL,
  "silent_perils" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "body" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id")
);
CREATE INDEX silent_cover_review_by_display_name ON silent_cover_review ("organization", "display_name", "id");
CREATE INDEX silent_cover_review_by_policy ON silent_cover_review ("organization", "policy", "id");
CREATE INDEX silent_cover_review_by_next_review_time ON silent_cover_review ("organization", "next_review_time", "id");
CREATE INDEX silent_cover_review_by_silent_perils ON silent_cover_review ("organization", "silent_perils", "id");
CREATE INDEX silent_cover_review_by_state ON silent_cover_review ("organization", "state", "id");
CREATE INDEX silent_cover_review_by_update_time ON silent_cover_review ("organization", "update_time", "id");
CREATE TABLE silent_cover_review_label (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL
);
CREATE INDEX silent_cover_review_label_value ON silent_cover_review_label ("organization", "key", "value", "id");
CREATE INDEX silent_cover_review_label_id ON silent_cover_review_label ("organization", "id");
