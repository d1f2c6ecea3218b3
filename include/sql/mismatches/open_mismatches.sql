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
    WHERE mismatches.settled_at_utc IS NOT NULL OR mismatches.outcome <> excluded.outcome
