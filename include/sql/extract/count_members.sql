-- How many members are staged, and how many of them are not gone (the base of the shrink limit).
-- Reads members. Binds store. One row.
SELECT
    COUNT(*) AS staged,
    COUNT(*) - COUNT(gone_at_utc) AS live
FROM members
WHERE store = :store
