-- What makes the way from a grade to a mail cheap. Changes no content. Expand only.

-- A mail that is taken to be sent is written in its own page, beside the row: no index is touched.
ALTER TABLE mails SET (fillfactor = 45);

-- Documents are of the size that is compressed when it is stored: lz4 takes a tenth of the time. Servers
-- before 14, or made without it, go on as before.
DO $$
BEGIN
    EXECUTE 'ALTER TABLE credentials ALTER COLUMN document SET COMPRESSION lz4';
EXCEPTION WHEN OTHERS THEN
    NULL;
END
$$;
