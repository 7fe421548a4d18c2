-- The bytes of OSCAL documents, as they came, in parts. `id` is that of the document; its row says their digest.
CREATE TABLE oscal_content (
  "organization" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "part" BIGINT NOT NULL,
  "bytes" BYTES NOT NULL,
  PRIMARY KEY ("organization", "id", "part")
);
