-- Takes the store's lock for a run, or renews it. Arbitrated by the primary key: of two starters
-- exactly one gets a row back.
-- Writes locks. Binds store, run_id, now_utc, expires_at_utc. One row when the lock is ours.
INSERT INTO locks (store, run_id, expires_at_utc)
VALUES (:store, :run_id, :expires_at_utc)
ON CONFLICT (store) DO UPDATE
    SET run_id = excluded.run_id, expires_at_utc = excluded.expires_at_utc
    WHERE locks.run_id = excluded.run_id OR locks.expires_at_utc < :now_utc
RETURNING run_id
