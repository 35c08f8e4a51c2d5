-- Badges that end, and that can be earned again. Only new columns that may be empty: a process of
-- the version before works beside them.

-- When the award ends; never without it.
ALTER TABLE awards ADD COLUMN valid_until INTEGER;
-- The award that it renews.
ALTER TABLE awards ADD COLUMN renews BLOB REFERENCES awards (id);
-- On which results it rests, as JSON: each with its attempt and its time of grading.
ALTER TABLE awards ADD COLUMN basis TEXT;
CREATE INDEX awards_renews ON awards (renews) WHERE renews IS NOT NULL;
