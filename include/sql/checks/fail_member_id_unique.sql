-- Fails if two rows hold one member's id: the match would not know whose balance counts. The
-- table's key prevents it; this is for the day when the key is lost in a repair by hand.
-- Reads members. Binds store. One row per id at fault, none when all is well.
SELECT
    member_id AS failing_id,
    COUNT(*) AS member_count
FROM members
WHERE store = :store
GROUP BY member_id
HAVING COUNT(*) > 1
