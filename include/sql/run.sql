-- name: upsert_lock
-- Takes the store's lock for a run, or renews it. Arbitrated by the primary key: of two starters
-- exactly one gets a row back. While somebody waits for a turn, nobody else begins.
-- Reads lock_turns; writes locks. Binds store, run_id, now_utc, expires_at_utc. One row when the
-- lock is ours.
INSERT INTO locks (store, run_id, expires_at_utc)
SELECT
    :store AS for_store,
    :run_id AS by_run_id,
    :expires_at_utc AS until_utc
WHERE
    EXISTS (
        SELECT 1 FROM locks AS own
        WHERE own.store = :store AND own.run_id = :run_id
    )
    OR NOT EXISTS (
        SELECT 1 FROM lock_turns AS waits
        WHERE
            waits.store = :store AND waits.run_id <> :run_id AND waits.expires_at_utc >= :now_utc
    )
ON CONFLICT (store) DO UPDATE
    SET run_id = excluded.run_id, expires_at_utc = excluded.expires_at_utc
    WHERE locks.run_id = excluded.run_id OR locks.expires_at_utc < :now_utc
RETURNING run_id;

-- name: upsert_turn
-- Has the store's next turn for who waits, or keeps it; since when it waits stays. Who came first
-- and was heard of lately keeps it from others.
-- Writes lock_turns. Binds store, run_id, now_utc, expires_at_utc. One row when the turn is ours.
INSERT INTO lock_turns (store, run_id, since_utc, expires_at_utc)
VALUES (:store, :run_id, :now_utc, :expires_at_utc)
ON CONFLICT (store) DO UPDATE
    SET
        run_id = excluded.run_id,
        since_utc = CASE
            WHEN lock_turns.run_id = excluded.run_id THEN lock_turns.since_utc
            ELSE excluded.since_utc
        END,
        expires_at_utc = excluded.expires_at_utc
    WHERE lock_turns.run_id = excluded.run_id OR lock_turns.expires_at_utc < :now_utc
RETURNING since_utc;

-- name: select_turn
-- Who waits for the store.
-- Reads lock_turns. Binds store. One row, or none.
SELECT
    run_id,
    since_utc,
    expires_at_utc
FROM lock_turns
WHERE store = :store;

-- name: delete_turn
-- Gives the store's next turn up, as it came or as it is waited for no more.
-- Writes lock_turns. Binds store, run_id.
DELETE FROM lock_turns
WHERE store = :store AND run_id = :run_id;

-- name: select_lock
-- Who holds the store's lock.
-- Reads locks. Binds store. One row, or none.
SELECT
    run_id,
    expires_at_utc
FROM locks
WHERE store = :store;

-- name: delete_lock
-- Gives the store's lock back, if this run holds it.
-- Writes locks. Binds store, run_id.
DELETE FROM locks
WHERE store = :store AND run_id = :run_id;

-- name: abandon_other_runs
-- Marks runs that another run outlived, so that they fail instead of working in between.
-- Writes runs. Binds store, run_id (of the run that goes on), now_utc.
UPDATE runs
SET state = 'abandoned', ended_at_utc = :now_utc
WHERE store = :store AND run_id <> :run_id AND state = 'running';

-- name: select_run_state
-- The state of one run, to notice that another run took over.
-- Reads runs. Binds store, run_id. One row, or none for a run that has not started.
SELECT state
FROM runs
WHERE store = :store AND run_id = :run_id;

-- name: select_run_params
-- The params that a run was started with.
-- Reads runs. Binds store, run_id. One row, or none for a run that has not started.
SELECT params
FROM runs
WHERE store = :store AND run_id = :run_id;

-- name: clear_failure
-- Forgets the failure of a stage that is tried again.
-- Writes runs. Binds store, run_id, stage.
UPDATE runs
SET failure = NULL
WHERE store = :store AND run_id = :run_id AND failure LIKE :stage || ': %';

-- name: set_failure
-- Keeps why a stage failed, for the report. The first failure stays: later ones follow from it.
-- Writes runs. Binds store, run_id, failure (stage, colon, reason).
UPDATE runs
SET failure = COALESCE(failure, :failure)
WHERE store = :store AND run_id = :run_id;

-- name: select_stores_at_place
-- Other stores that write their cards to the same place in the same Gorgias account.
-- Reads store_state. Binds store, place. One row per store.
SELECT store
FROM store_state
WHERE key = 'card_place' AND content = :place AND store <> :store
ORDER BY store;

-- name: select_card_places
-- Where each store that is connected writes its cards: the account, the app's id or nothing, and
-- the key.
-- Reads store_state. No bind. One row per store.
SELECT
    places.store,
    places.content
FROM store_state AS places
WHERE
    places.key = 'card_place'
    AND NOT EXISTS (
        SELECT 1 FROM store_state AS closed
        WHERE closed.store = places.store AND closed.key = 'disconnected'
    )
ORDER BY places.store;
