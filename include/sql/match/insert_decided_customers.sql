-- The match: who each customer in scope is, or why nobody; only those for whom this is new, so that
-- a repeat writes nothing; in the order of the key, as that is how they are inserted fastest.
-- Order of the rules: link, primary address, further address.
-- `holder` is at most one row, as key_outcomes holds every key with two eligible members.
-- Reads customers_in_scope, live_links, key_outcomes, members, channel_verdicts, tickets, matches,
-- unmatched_customers; writes decided_customers.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO decided_customers (
    customer_id, member_id, rule, outcome, was_matched, was_unmatched
)
SELECT
    d.customer_id,
    d.member_id,
    d.new_rule,
    d.outcome,
    d.old_member_id IS NOT NULL AS was_matched,
    d.old_outcome IS NOT NULL AS was_unmatched
FROM (
    SELECT
        c.customer_id,
        had.member_id AS old_member_id,
        had.rule AS old_rule,
        listed.outcome AS old_outcome,
        COALESCE(l.member_id, holder.member_id, v.member_id) AS member_id,
        CASE
            WHEN l.member_id IS NOT NULL THEN 'link'
            WHEN holder.member_id IS NOT NULL THEN 'email'
            WHEN v.member_id IS NOT NULL THEN 'channel'
        END AS new_rule,
        CASE
            WHEN c.gone_at_utc IS NOT NULL THEN 'merged_or_deleted'
            WHEN COALESCE(l.member_id, holder.member_id, v.member_id) IS NOT NULL THEN 'matched'
            WHEN v.customer_id IS NOT NULL THEN 'ambiguous'
            WHEN c.email_state = 'missing' THEN 'no_email'
            WHEN c.email_state = 'invalid' THEN 'invalid_email'
            WHEN k.email_key IS NOT NULL THEN k.outcome
            WHEN
                EXISTS (
                    SELECT 1 FROM tickets AS t
                    WHERE t.store = c.store AND t.customer_id = c.customer_id
                )
                THEN 'customer_not_found'
            ELSE 'not_a_member'
        END AS outcome
    FROM customers_in_scope AS c
    LEFT JOIN live_links AS l ON c.customer_id = l.customer_id
    LEFT JOIN key_outcomes AS k ON c.email_key = k.email_key
    LEFT JOIN members AS holder
        ON
            c.store = holder.store
            AND c.email_key = holder.email_key
            AND c.gone_at_utc IS NULL
            AND l.customer_id IS NULL
            AND k.email_key IS NULL
            AND holder.gone_at_utc IS NULL
            AND holder.status IN ('member', :guest_status)
    LEFT JOIN channel_verdicts AS v ON c.customer_id = v.customer_id
    LEFT JOIN matches AS had ON c.store = had.store AND c.customer_id = had.customer_id
    LEFT JOIN unmatched_customers AS listed
        ON c.store = listed.store AND c.customer_id = listed.customer_id
    WHERE c.store = :store
) AS d
WHERE
    d.member_id IS DISTINCT FROM d.old_member_id
    OR d.new_rule IS DISTINCT FROM d.old_rule
    OR (d.member_id IS NULL AND d.outcome IS DISTINCT FROM d.old_outcome)
ORDER BY d.customer_id ASC
