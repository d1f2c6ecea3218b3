-- name: settle_customers
-- Settles the mismatches of customers who are in no class that needs a person any more.
-- Reads unmatched_customers, writes mismatches. Binds store, now_utc.
UPDATE mismatches
SET settled_at_utc = :now_utc
WHERE
    store = :store
    AND side = 'customer'
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM unmatched_customers AS u
        WHERE
            u.store = mismatches.store
            AND u.customer_id = CAST(mismatches.subject_id AS BIGINT)
            AND u.outcome IN ('customer_not_found', 'ambiguous', 'no_email', 'invalid_email')
    );

-- name: settle_members
-- Settles the mismatches of members who are in no class that needs a person any more.
-- Reads unmatched_members, writes mismatches. Binds store, now_utc.
UPDATE mismatches
SET settled_at_utc = :now_utc
WHERE
    store = :store
    AND side = 'member'
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM unmatched_members AS u
        WHERE
            u.store = mismatches.store
            AND u.member_id = mismatches.subject_id
            AND u.outcome IN ('ambiguous', 'no_email', 'invalid_email')
    );

-- name: open_mismatches
-- Opens a mismatch for each customer and member in a class that needs a person; a settled one comes
-- back.
-- Reads unmatched_customers, unmatched_members, writes mismatches. Binds store.
INSERT INTO mismatches (
    store, side, subject_id, outcome, opened_at_utc, settled_at_utc, returned
)
SELECT
    store,
    'customer' AS side,
    CAST(customer_id AS TEXT) AS subject_id,
    outcome,
    since_utc,
    NULL AS settled_at_utc,
    0 AS returned
FROM unmatched_customers
WHERE
    store = :store
    AND outcome IN ('customer_not_found', 'ambiguous', 'no_email', 'invalid_email')
UNION ALL
SELECT
    store,
    'member' AS side,
    member_id AS subject_id,
    outcome,
    since_utc,
    NULL AS settled_at_utc,
    0 AS returned
FROM unmatched_members
WHERE
    store = :store
    AND outcome IN ('ambiguous', 'no_email', 'invalid_email')
ON CONFLICT (store, side, subject_id) DO UPDATE
    SET
        outcome = excluded.outcome,
        opened_at_utc = CASE
            WHEN mismatches.settled_at_utc IS NULL THEN mismatches.opened_at_utc
            ELSE excluded.opened_at_utc
        END,
        returned = mismatches.returned + CASE
            WHEN mismatches.settled_at_utc IS NULL THEN 0
            ELSE 1
        END,
        settled_at_utc = NULL
    WHERE mismatches.settled_at_utc IS NOT NULL OR mismatches.outcome <> excluded.outcome;

-- name: count_progress
-- How the mismatches of each class move: what is open, since when, and what changed since a time.
-- What somebody ignores is left out for as long as that holds.
-- Reads mismatches, ignored_mismatches. Binds store, since_utc, month_ago_utc, now_utc. One row per
-- side and class.
SELECT
    side,
    outcome,
    SUM(
        CASE
            WHEN settled_at_utc IS NULL AND opened_at_utc > :since_utc AND returned = 0 THEN 1
            ELSE 0
        END
    ) AS newly_open,
    SUM(
        CASE
            WHEN settled_at_utc IS NULL AND opened_at_utc > :since_utc AND returned > 0 THEN 1
            ELSE 0
        END
    ) AS came_back,
    SUM(
        CASE WHEN settled_at_utc IS NULL AND opened_at_utc <= :since_utc THEN 1 ELSE 0 END
    ) AS still_open,
    SUM(CASE WHEN settled_at_utc > :since_utc THEN 1 ELSE 0 END) AS settled,
    SUM(
        CASE WHEN settled_at_utc IS NULL AND opened_at_utc <= :month_ago_utc THEN 1 ELSE 0 END
    ) AS older_than_a_month,
    MIN(CASE WHEN settled_at_utc IS NULL THEN opened_at_utc END) AS oldest_open_utc
FROM mismatches
WHERE
    store = :store
    AND NOT EXISTS (
        SELECT 1
        FROM ignored_mismatches AS ignored
        WHERE
            ignored.store = mismatches.store
            AND ignored.side = mismatches.side
            AND ignored.subject_id = mismatches.subject_id
            AND (ignored.until_utc IS NULL OR ignored.until_utc > :now_utc)
    )
GROUP BY side, outcome
ORDER BY side ASC, outcome ASC;
