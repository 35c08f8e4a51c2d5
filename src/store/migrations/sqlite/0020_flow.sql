-- PostgreSQL stores some rows otherwise from this version on; SQLite has nothing to change.
SELECT 1;
