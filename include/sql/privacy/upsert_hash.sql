-- Keeps an erased person out.
-- Writes erased_people. Binds store, person_hash, now_utc.
INSERT INTO erased_people (store, person_hash, erased_at_utc)
VALUES (:store, :person_hash, :now_utc)
ON CONFLICT (store, person_hash) DO UPDATE
    SET erased_at_utc = excluded.erased_at_utc
