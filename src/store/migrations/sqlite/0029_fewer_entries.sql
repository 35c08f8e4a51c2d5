-- A badge costs fewer entries in indexes. Changes no content; a process of the version before works beside it.

-- One index for both: what a person holds, and that a badge is awarded once in a cycle.
CREATE UNIQUE INDEX awards_holder ON awards (person_id, badge, cycle);
DROP INDEX IF EXISTS awards_badge;
DROP INDEX IF EXISTS awards_person;
