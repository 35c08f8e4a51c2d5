-- A badge is awarded once in a cycle, whoever issues it: one that another faculty issues from now on is
-- not awarded again to those who have it. Expand only: a process of the version before works beside it.

-- Where the issuer's name was changed, a person may hold a badge of both. The later award stands beside
-- the earlier one, as that of somebody who turned out to be a person with the badge already.
UPDATE awards SET cycle = 'linked-' || CAST(id AS TEXT)
WHERE EXISTS (SELECT 1 FROM awards AS other
    WHERE other.badge = awards.badge AND other.person_id = awards.person_id AND other.cycle = awards.cycle
        AND (other.awarded_at < awards.awarded_at
            OR other.awarded_at = awards.awarded_at AND other.id < awards.id));
CREATE UNIQUE INDEX awards_badge ON awards (badge, person_id, cycle);
