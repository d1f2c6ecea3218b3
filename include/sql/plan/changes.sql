-- name: insert_own_changes
-- Sets aside what earlier tries of this run sent; the plan is made anew, and what of this it does
-- not replace is put back. What they did not send, or broke off, is left to the plan.
-- Reads changes, writes own_changes. Binds store, run_id.
INSERT INTO own_changes (
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    ledger_version_utc,
    priority,
    state,
    attempts,
    error,
    changed_at_utc
)
SELECT
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    ledger_version_utc,
    priority,
    state,
    attempts,
    error,
    changed_at_utc
FROM changes
WHERE store = :store AND run_id = :run_id AND state NOT IN ('planned', 'sending');

-- name: delete_own_changes
-- Makes room for this run's plan, after what was sent has been set aside.
-- Writes changes. Binds store, run_id.
DELETE FROM changes
WHERE store = :store AND run_id = :run_id;

-- name: delete_pushed_cards_gone
-- Forgets what was pushed to customers that are gone from Gorgias: it went with them.
-- Reads customers_to_plan, writes pushed_cards. Binds store.
DELETE FROM pushed_cards
WHERE
    store = :store
    AND customer_id IN (
        SELECT c.customer_id
        FROM customers_to_plan AS c
        WHERE c.store = :store AND c.gone_at_utc IS NOT NULL
    );

-- name: insert_changes
-- The plan for one destination: who needs another card than the one that Gorgias has.
-- `current_card` is what the last read saw, if that is newer than our last write (so that drift is
-- repaired), else what Gorgias accepted; NULL when there is no card, or it was taken away.
-- `priority`: open ticket before recent ticket before none (digits 14 and up), then the tier (10 to
-- 13), then how wrong the balance is (1 to 9). A member's card on somebody who is none goes first
-- within its urgency: it shows a balance that is not theirs.
-- A card that is right but in old words goes last of all, within its urgency.
-- Who has no card gets none where the store writes to recent customers alone.
-- Rows come in the order of the key and meet none of this run: both make inserting much faster.
-- Reads customers_to_plan, matches, unmatched_customers, members, pushed_cards, urgent_customers,
-- recent_customers, stale_customers, old_texts; writes changes. Binds store, run_id, destination,
-- non_member_cards, to_everybody (a boolean), now_utc and card_<class>: the fingerprint of each
-- class's card.
INSERT INTO changes (
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    ledger_version_utc,
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
    CASE WHEN w.wanted_card = COALESCE(w.current_card, '') THEN 'texts' ELSE w.kind END AS kind,
    w.wanted_card,
    w.version_utc,
    CASE
        WHEN w.wanted_card = COALESCE(w.current_card, '') THEN w.urgency - 10
        WHEN w.kind = 'clear' THEN w.urgency * 10000000000000 + 9999999999999
        ELSE
            w.urgency * 10000000000000
            + CAST(CASE WHEN w.tier_rank > 9999 THEN 9999 ELSE w.tier_rank END AS BIGINT)
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
        NULLIF(
            CASE
                WHEN
                    :destination = 'customer_data'
                    AND c.shown_fingerprint IS NOT NULL
                    AND (p.pushed_at_utc IS NULL OR c.read_at_utc > p.pushed_at_utc)
                    THEN
                        CASE
                            WHEN c.shown_fingerprint = p.shown_fingerprint THEN p.fingerprint
                            ELSE c.shown_fingerprint
                        END
                ELSE p.fingerprint
            END,
            'none'
        ) AS current_card,
        p.version_utc,
        recent.customer_id IS NOT NULL AS is_recent,
        o.customer_id IS NOT NULL AS says_old_texts,
        CASE
            WHEN mt.member_id IS NOT NULL
                THEN CASE WHEN COALESCE(p.fingerprint, 'none') = 'none' THEN 'new' ELSE 'update' END
            WHEN p.is_member THEN 'clear'
            WHEN p.fingerprint <> 'none' THEN 'update'
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
    LEFT JOIN recent_customers AS recent ON c.customer_id = recent.customer_id
    LEFT JOIN old_texts AS o ON c.customer_id = o.customer_id AND o.destination = :destination
    WHERE
        c.store = :store
        AND c.gone_at_utc IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM stale_customers AS stale
            WHERE stale.customer_id = c.customer_id
        )
) AS w
WHERE
    w.wanted_card IS NOT NULL
    AND w.kind IS NOT NULL
    AND (w.wanted_card IS DISTINCT FROM w.current_card OR w.says_old_texts)
    AND (:to_everybody OR w.is_recent OR w.current_card IS NOT NULL)
ORDER BY w.customer_id ASC;

-- name: put_back_own_changes
-- Puts back what earlier tries of this run sent, unless it is planned again: because it failed, or
-- because it differs from what is wanted now.
-- Reads own_changes, writes changes. No binds.
INSERT INTO changes (
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    ledger_version_utc,
    priority,
    state,
    attempts,
    error,
    changed_at_utc
)
SELECT
    o.store,
    o.run_id,
    o.customer_id,
    o.destination,
    o.member_id,
    o.outcome,
    o.kind,
    o.fingerprint,
    o.ledger_version_utc,
    o.priority,
    o.state,
    o.attempts,
    o.error,
    o.changed_at_utc
FROM own_changes AS o
WHERE NOT EXISTS (
    SELECT 1 FROM changes AS c
    WHERE
        c.store = o.store
        AND c.run_id = o.run_id
        AND c.customer_id = o.customer_id
        AND c.destination = o.destination
);

-- name: count_changes
-- How many changes a run holds, by kind, whatever became of them, and how many of them are for
-- customers with a recent ticket, as their priority tells; and how many customers have one that is
-- not done. Groups by customer because that reads the rows in the order they are kept.
-- Reads changes. Binds store, run_id. One row.
SELECT
    CAST(COALESCE(SUM(d.cards), 0) AS BIGINT) AS planned,
    CAST(COALESCE(SUM(d.cards_new), 0) AS BIGINT) AS planned_new,
    CAST(COALESCE(SUM(d.cards_update), 0) AS BIGINT) AS planned_update,
    CAST(COALESCE(SUM(d.cards_clear), 0) AS BIGINT) AS planned_clear,
    CAST(COALESCE(SUM(d.cards_texts), 0) AS BIGINT) AS planned_texts,
    CAST(COALESCE(SUM(d.cards_withdraw), 0) AS BIGINT) AS planned_withdraw,
    CAST(COALESCE(SUM(d.cards_recent), 0) AS BIGINT) AS planned_recent,
    COUNT(CASE WHEN d.unsettled > 0 THEN 1 END) AS changing
FROM (
    SELECT
        c.customer_id,
        COUNT(*) AS cards,
        COUNT(CASE WHEN c.kind = 'new' THEN 1 END) AS cards_new,
        COUNT(CASE WHEN c.kind = 'update' THEN 1 END) AS cards_update,
        COUNT(CASE WHEN c.kind = 'clear' THEN 1 END) AS cards_clear,
        COUNT(CASE WHEN c.kind = 'texts' THEN 1 END) AS cards_texts,
        COUNT(CASE WHEN c.kind = 'withdraw' THEN 1 END) AS cards_withdraw,
        COUNT(
            CASE WHEN c.priority >= 10000000000000 OR c.priority BETWEEN -9 AND -1 THEN 1 END
        ) AS cards_recent,
        COUNT(CASE WHEN c.state NOT IN ('done', 'gone') THEN 1 END) AS unsettled
    FROM changes AS c
    WHERE c.store = :store AND c.run_id = :run_id
    GROUP BY c.customer_id
) AS d;

-- name: count_member_cards
-- How many members' cards Gorgias has from us: what the shares of the brake refer to.
-- Reads pushed_cards. Binds store. One row.
SELECT COUNT(*) AS member_cards
FROM pushed_cards
WHERE store = :store AND is_member;

-- name: insert_beyond_limit
-- The least important changes, those that the run may not push.
-- Reads changes, writes beyond_limit. Binds store, run_id, limit.
INSERT INTO beyond_limit (customer_id, destination)
SELECT
    ranked.customer_id,
    ranked.destination
FROM (
    SELECT
        c.customer_id,
        c.destination,
        ROW_NUMBER() OVER (
            ORDER BY c.priority DESC, c.customer_id ASC, c.destination ASC
        ) AS place
    FROM changes AS c
    WHERE c.store = :store AND c.run_id = :run_id AND c.state = 'planned'
) AS ranked
WHERE ranked.place > :limit;

-- name: insert_to_plan_beyond_limit
-- The customers whom the limit leaves without their card: the next plan looks at them again.
-- Reads beyond_limit, writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT DISTINCT
    :store AS store,
    b.customer_id
FROM beyond_limit AS b
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING;

-- name: delete_changes_beyond_limit
-- Keeps the most important changes, as many as the run may push.
-- Reads beyond_limit, writes changes. Binds store, run_id.
DELETE FROM changes
WHERE
    store = :store
    AND run_id = :run_id
    AND (customer_id, destination) IN (
        SELECT
            customer_id,
            destination
        FROM beyond_limit
    );
