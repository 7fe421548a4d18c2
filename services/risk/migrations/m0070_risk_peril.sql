-- What happens, in the words of insurance. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.
ALTER TABLE risk ADD COLUMN "peril" TEXT NOT NULL DEFAULT '';
