-- The word of the document that an entry was imported from.
ALTER TABLE mapping_entry ADD COLUMN "relationship" TEXT NOT NULL DEFAULT '';
