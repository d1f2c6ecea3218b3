-- name: select_hashes
-- The erased people of a store.
-- Reads erased_people. Binds store. One row per address or id.
SELECT
    person_hash,
    erased_at_utc
FROM erased_people
WHERE store = :store;

-- name: upsert_hash
-- Keeps an erased person out.
-- Writes erased_people. Binds store, person_hash, now_utc.
INSERT INTO erased_people (store, person_hash, erased_at_utc)
VALUES (:store, :person_hash, :now_utc)
ON CONFLICT (store, person_hash) DO UPDATE
    SET erased_at_utc = excluded.erased_at_utc;

-- name: delete_hashes
-- Lets a person in again: everything that was erased at once with that address.
-- Writes erased_people. Binds store, person_hash. One row per hash.
DELETE FROM erased_people
WHERE
    store = :store
    AND erased_at_utc IN (
        SELECT asked.erased_at_utc
        FROM erased_people AS asked
        WHERE asked.store = :store AND asked.person_hash = :person_hash
    )
RETURNING person_hash;

-- name: delete_hash
-- Lets in whose hash it is.
-- Writes erased_people. Binds store, person_hash.
DELETE FROM erased_people
WHERE store = :store AND person_hash = :person_hash;
