-- The plan for one destination: who needs another card than the one that Gorgias has.
-- `current_card` is what the last read saw, if that is newer than our last write (so that drift is
-- repaired), else what Gorgias accepted; NULL when there is no card.
-- `priority`: open ticket before recent ticket before none (digits 14 and up), then the tier (10 to
-- 13), then how wrong the balance is (1 to 9). A member's card on somebody who is none goes first
-- within its urgency: it shows a balance that is not theirs.
-- Rows come in the order of the key and meet none of this run: both make inserting much faster.
-- Reads customers_to_plan, matches, unmatched_customers, members, pushed_cards, urgent_customers;
-- writes changes. Binds store, run_id, destination, non_member_cards, now_utc and card_<class>: the
-- fingerprint of each class's card.
INSERT INTO changes (
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    priority,
    state,
    attempts,
    error,
    changed_at_utc
)
SELECT
    :store AS store,
    :run_id AS run_id,
    w.customer_id,
    :destination AS destination,
    w.member_id,
    w.outcome,
    w.kind,
    w.wanted_card,
    w.urgency * 10000000000000
    + CASE
        WHEN w.kind = 'clear' THEN 9999999999999
        ELSE
            CAST(CASE WHEN w.tier_rank > 9999 THEN 9999 ELSE w.tier_rank END AS BIGINT)
            * 1000000000
            + CASE WHEN w.points_delta > 999999999 THEN 999999999 ELSE w.points_delta END
    END AS priority,
    'planned' AS state,
    0 AS attempts,
    NULL AS error,
    :now_utc AS changed_at_utc
FROM (
    SELECT
        c.customer_id,
        mt.member_id,
        COALESCE(u.outcome, 'matched') AS outcome,
        COALESCE(urgent.urgency, 0) AS urgency,
        COALESCE(m.tier_rank, 0) AS tier_rank,
        ABS(COALESCE(m.points_balance, 0) - COALESCE(p.points_balance, 0)) AS points_delta,
        CASE
            WHEN mt.member_id IS NOT NULL THEN m.card_fingerprint
            WHEN u.outcome = 'customer_not_found' THEN :card_customer_not_found
            WHEN u.outcome = 'not_a_member' THEN :card_not_a_member
            WHEN u.outcome = 'no_email' THEN :card_no_email
            WHEN u.outcome = 'invalid_email' THEN :card_invalid_email
            WHEN u.outcome = 'ambiguous' THEN :card_ambiguous
            WHEN u.outcome = 'excluded' THEN :card_excluded
            WHEN u.outcome = 'erased' THEN :card_erased
        END AS wanted_card,
        CASE
            WHEN
                :destination = 'customer_data'
                AND c.shown_fingerprint IS NOT NULL
                AND (p.pushed_at_utc IS NULL OR c.read_at_utc > p.pushed_at_utc)
                THEN NULLIF(c.shown_fingerprint, 'none')
            ELSE p.fingerprint
        END AS current_card,
        CASE
            WHEN mt.member_id IS NOT NULL
                THEN CASE WHEN p.fingerprint IS NULL THEN 'new' ELSE 'update' END
            WHEN p.is_member THEN 'clear'
            WHEN p.fingerprint IS NOT NULL THEN 'update'
            WHEN :destination = 'customer_data' AND c.shown_fingerprint <> 'none' THEN 'clear'
            WHEN :non_member_cards = 'all' THEN 'new'
            WHEN
                :non_member_cards = 'recent_tickets'
                AND urgent.customer_id IS NOT NULL
                THEN 'new'
        END AS kind
    FROM customers_to_plan AS c
    LEFT JOIN matches AS mt ON c.store = mt.store AND c.customer_id = mt.customer_id
    LEFT JOIN members AS m ON mt.store = m.store AND mt.member_id = m.member_id
    LEFT JOIN unmatched_customers AS u ON c.store = u.store AND c.customer_id = u.customer_id
    LEFT JOIN pushed_cards AS p
        ON
            c.store = p.store
            AND c.customer_id = p.customer_id
            AND p.destination = :destination
    LEFT JOIN urgent_customers AS urgent ON c.customer_id = urgent.customer_id
    WHERE c.store = :store AND c.gone_at_utc IS NULL
) AS w
WHERE
    w.wanted_card IS NOT NULL
    AND w.wanted_card IS DISTINCT FROM w.current_card
    AND w.kind IS NOT NULL
ORDER BY w.customer_id ASC
