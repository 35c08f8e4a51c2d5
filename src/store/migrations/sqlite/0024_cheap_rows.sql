-- What a badge costs, without what is known already. PostgreSQL drops checks, too, that cost it much;
-- SQLite keeps them.

-- A Message-ID begins with the id of its mail.
DROP INDEX IF EXISTS mails_message;
