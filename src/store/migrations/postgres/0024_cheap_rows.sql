-- What a badge costs, without what is true already. Changes no content; a process of the version before
-- works beside it.

-- Each check reads and locks the row that is named: together an eighth of what a badge costs. Their rows
-- are never deleted, or are written or locked in the transaction that names them. SQLite keeps the
-- checks, and the same statements are tested on both. Those that erasures wait for stay here, too.
ALTER TABLE signals DROP CONSTRAINT IF EXISTS signals_delivery_id_fkey;
ALTER TABLE events DROP CONSTRAINT IF EXISTS events_signal_id_fkey;
ALTER TABLE events DROP CONSTRAINT IF EXISTS events_delivery_id_fkey;
ALTER TABLE events DROP CONSTRAINT IF EXISTS events_outcome_id_fkey;
ALTER TABLE awards DROP CONSTRAINT IF EXISTS awards_event_id_fkey;
ALTER TABLE award_inputs DROP CONSTRAINT IF EXISTS award_inputs_award_id_fkey;
ALTER TABLE credentials DROP CONSTRAINT IF EXISTS credentials_id_fkey;
ALTER TABLE credentials DROP CONSTRAINT IF EXISTS credentials_status_list_fkey;
ALTER TABLE mails DROP CONSTRAINT IF EXISTS mails_delivery_id_fkey;

-- Follows from the one without the issuer (0014).
ALTER TABLE awards DROP CONSTRAINT IF EXISTS awards_issuer_badge_person_id_cycle_key;

-- A Message-ID begins with the id of its mail.
DROP INDEX IF EXISTS mails_message;
