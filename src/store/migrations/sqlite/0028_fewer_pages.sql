-- A badge costs fewer pages. What has a random id is spread over all of an index: beside a million badges
-- each such entry is a page to read and to write.
--
-- Changes no content; a process of the version before works beside it: of awards that this version makes
-- it shows no facts.

-- The facts of an award were a row of their own, found by the award's id. `award_inputs` keeps those of
-- earlier awards.
ALTER TABLE awards ADD COLUMN inputs_hash TEXT;
ALTER TABLE awards ADD COLUMN inputs TEXT;

-- By the key alone: its entries are in the order in which badges were made.
CREATE INDEX credentials_signer ON credentials (signed_by);
DROP INDEX IF EXISTS credentials_signed_by;
