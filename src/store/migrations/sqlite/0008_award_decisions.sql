-- Decisions of administrators about one award alone. Only a new column that may be empty: a process
-- of the version before works beside it, and takes such a decision for one about the whole badge.

-- The award; nothing for a decision about the badge, whichever awards of it there are.
ALTER TABLE decisions ADD COLUMN award_id BLOB REFERENCES awards (id);
CREATE INDEX decisions_award ON decisions (award_id) WHERE award_id IS NOT NULL;
-- Awards are selected by the time at which they were made.
CREATE INDEX awards_time ON awards (awarded_at, id);
