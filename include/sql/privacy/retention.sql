-- name: select_old_runs
-- Runs that ended before a time and that nothing needs any more: not the newest that ended well, by
-- which the age of the data goes, and none whose changes are still kept.
-- Reads runs, changes. Binds store, before_utc. One row per run.
SELECT
    r.run_id,
    r.report_path
FROM runs AS r
WHERE
    r.store = :store
    AND r.ended_at_utc < :before_utc
    AND r.state <> 'running'
    AND r.started_at_utc < (
        SELECT MAX(newest.started_at_utc)
        FROM runs AS newest
        WHERE newest.store = :store AND newest.state = 'succeeded'
    )
    AND NOT EXISTS (
        SELECT 1
        FROM changes AS c
        WHERE c.store = r.store AND c.run_id = r.run_id
    );

-- name: delete_run_from_run_counters
-- Forgets a run.
-- Writes run_counters. Binds store, run_id.
DELETE FROM run_counters
WHERE store = :store AND run_id = :run_id;

-- name: delete_run_from_quality_results
-- Forgets a run.
-- Writes quality_results. Binds store, run_id.
DELETE FROM quality_results
WHERE store = :store AND run_id = :run_id;

-- name: delete_run_from_rejected_records
-- Forgets a run.
-- Writes rejected_records. Binds store, run_id.
DELETE FROM rejected_records
WHERE store = :store AND run_id = :run_id;

-- name: delete_run_from_runs
-- Forgets a run.
-- Writes runs. Binds store, run_id.
DELETE FROM runs
WHERE store = :store AND run_id = :run_id;

-- name: delete_settled_mismatches
-- Forgets mismatches that were settled before a time.
-- Writes mismatches. Binds store, before_utc.
DELETE FROM mismatches
WHERE store = :store AND settled_at_utc < :before_utc;

-- name: delete_old_decisions
-- Forgets who decided what before a time; what was decided still holds.
-- Writes decisions. Binds store, before_utc.
DELETE FROM decisions
WHERE store = :store AND decided_at_utc < :before_utc;

-- name: delete_ended_ignores
-- Forgets that a mismatch was to be ignored until a time that is over.
-- Writes ignored_mismatches. Binds store, now_utc.
DELETE FROM ignored_mismatches
WHERE store = :store AND until_utc <= :now_utc;

-- name: delete_former_members
-- Forgets who the members of a platform that was left were, once no award and no decision is under
-- the old id, no card of then is remembered, and no run of then is kept, whose report may name it.
-- Each is looked for once and not for each member: a store may have left with all of a large
-- programme.
-- Writes former_members. Reads awards, decisions, card_writes, runs. Binds store.
DELETE FROM former_members
WHERE
    store = :store
    AND left_at_utc <= COALESCE(
        (
            SELECT MIN(r.started_at_utc)
            FROM runs AS r
            WHERE r.store = :store
        ),
        left_at_utc
    )
    AND member_id NOT IN (
        SELECT a.member_id
        FROM awards AS a
        WHERE a.store = :store AND a.member_id LIKE '% %'
        UNION
        SELECT d.member_id
        FROM decisions AS d
        WHERE d.store = :store AND d.member_id LIKE '% %'
        UNION
        SELECT w.member_id
        FROM card_writes AS w
        WHERE w.store = :store AND w.member_id LIKE '% %'
        UNION
        SELECT s.subject_id AS member_id
        FROM decisions AS s
        WHERE s.store = :store AND s.side = 'member' AND s.subject_id LIKE '% %'
    );

-- name: delete_people_of_incidents
-- Forgets who was behind the tickets of old incidents; how many they were stays.
-- Reads incidents, deletes from incident_people. Binds store, before_utc.
DELETE FROM incident_people
WHERE
    incident_people.store = :store
    AND incident_people.batch_id IN (
        SELECT incidents.batch_id
        FROM incidents
        WHERE incidents.store = :store AND incidents.asked_at_utc < :before_utc
    );
