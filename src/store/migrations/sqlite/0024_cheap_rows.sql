-- PostgreSQL drops checks that cost it much; SQLite keeps them.
SELECT 1;
