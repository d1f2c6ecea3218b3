-- Lets a person in again: everything that was erased at once with that address.
-- Writes erased_people. Binds store, person_hash.
DELETE FROM erased_people
WHERE
    store = :store
    AND erased_at_utc IN (
        SELECT asked.erased_at_utc
        FROM erased_people AS asked
        WHERE asked.store = :store AND asked.person_hash = :person_hash
    )
