-- name: insert_key_outcomes
-- What an e-mail key means where it does not lead to exactly one eligible member: a tie
-- ('ambiguous'), or a key of people who may not have a card ('excluded', 'erased').
-- A few rows, so that the many ordinary keys need one lookup and no grouping later.
-- Reads members_in_scope, which holds all members of a key or none; writes key_outcomes.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO key_outcomes (email_key, outcome)
SELECT
    email_key,
    CASE
        WHEN
            COUNT(CASE WHEN status IN ('member', :guest_status) THEN 1 END) > 1
            THEN 'ambiguous'
        WHEN COUNT(CASE WHEN status IN ('excluded', 'guest') THEN 1 END) > 0 THEN 'excluded'
        ELSE 'erased'
    END AS outcome
FROM members_in_scope
WHERE store = :store AND email_key IS NOT NULL AND gone_at_utc IS NULL
GROUP BY email_key
HAVING COUNT(CASE WHEN status IN ('member', :guest_status) THEN 1 END) <> 1;

-- name: insert_live_links
-- The links that decide: customer and member are there, and the member may have a card.
-- All of the store's, as there are few: a person made each.
-- Reads links, members, customers; writes live_links.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO live_links (customer_id, member_id)
SELECT
    l.customer_id,
    l.member_id
FROM links AS l
CROSS JOIN members AS m
CROSS JOIN customers AS c
WHERE
    l.store = :store
    AND m.store = :store
    AND m.member_id = l.member_id
    AND m.gone_at_utc IS NULL
    AND m.status IN ('member', :guest_status)
    AND c.store = :store
    AND c.customer_id = l.customer_id
    AND c.gone_at_utc IS NULL;

-- name: insert_channel_claims
-- Which members a customer's further e-mail addresses lead to. Only customers whom neither a link
-- nor the primary address settles: an eligible member on the primary key is a match or a tie.
-- CROSS JOIN has SQLite begin with the further addresses, which few customers have.
-- Reads customers_in_scope, customer_channels, members, live_links; writes channel_claims.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO channel_claims (member_id, customer_id)
SELECT DISTINCT
    m.member_id,
    c.customer_id
FROM customer_channels AS ch
CROSS JOIN customers_in_scope AS c
CROSS JOIN members AS m
WHERE
    ch.store = :store
    AND c.store = :store
    AND c.customer_id = ch.customer_id
    AND m.store = :store
    AND m.email_key = ch.email_key
    AND c.gone_at_utc IS NULL
    AND m.gone_at_utc IS NULL
    AND m.status IN ('member', :guest_status)
    AND NOT EXISTS (
        SELECT 1 FROM live_links AS l
        WHERE l.customer_id = c.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM members AS p
        WHERE
            p.store = c.store
            AND p.email_key = c.email_key
            AND p.gone_at_utc IS NULL
            AND p.status IN ('member', :guest_status)
    );

-- name: insert_channel_verdicts
-- Settles the claims: one member, claimed by this customer alone and matched to nobody by link or
-- primary address, is a match. Anything else is a tie, and a tie is never broken (member NULL).
-- Reads channel_claims, members, live_links, key_outcomes, customers; writes channel_verdicts.
-- Binds store.
INSERT INTO channel_verdicts (customer_id, member_id)
SELECT
    judged.customer_id,
    CASE WHEN COUNT(*) = 1 AND MAX(judged.contested) = 0 THEN MIN(judged.member_id) END
        AS member_id
FROM (
    SELECT
        cl.customer_id,
        cl.member_id,
        CASE
            WHEN
                EXISTS (
                    SELECT 1
                    FROM channel_claims AS rival
                    WHERE rival.member_id = cl.member_id AND rival.customer_id <> cl.customer_id
                )
                OR EXISTS (
                    SELECT 1 FROM live_links AS l
                    WHERE l.member_id = cl.member_id
                )
                OR EXISTS (
                    SELECT 1
                    FROM customers AS holder
                    LEFT JOIN live_links AS own ON holder.customer_id = own.customer_id
                    WHERE
                        holder.store = :store
                        AND holder.email_key = m.email_key
                        AND holder.gone_at_utc IS NULL
                        AND own.customer_id IS NULL
                        AND k.email_key IS NULL
                )
                THEN 1
            ELSE 0
        END AS contested
    FROM channel_claims AS cl
    CROSS JOIN members AS m
    LEFT JOIN key_outcomes AS k ON m.email_key = k.email_key
    WHERE m.store = :store AND m.member_id = cl.member_id
) AS judged
GROUP BY judged.customer_id;

-- name: insert_decided_customers
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
            WHEN c.email_state = 'erased' THEN 'erased'
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
ORDER BY d.customer_id ASC;

-- name: insert_decided_members
-- The members in scope without a customer whose class is new; so a class that stays keeps its date.
-- A member to whom a tied further address leads is part of that tie.
-- Reads members_in_scope, matches, unmatched_members, key_outcomes, channel_claims;
-- writes decided_members.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO decided_members (member_id, outcome, was_unmatched)
SELECT
    d.member_id,
    d.outcome,
    d.old_outcome IS NOT NULL AS was_unmatched
FROM (
    SELECT
        m.member_id,
        listed.outcome AS old_outcome,
        CASE
            WHEN m.gone_at_utc IS NOT NULL THEN 'merged_or_deleted'
            WHEN m.status = 'erased' THEN 'erased'
            WHEN m.status NOT IN ('member', :guest_status) THEN 'excluded'
            WHEN m.email_state = 'missing' THEN 'no_email'
            WHEN m.email_state = 'invalid' THEN 'invalid_email'
            WHEN
                k.outcome = 'ambiguous'
                OR EXISTS (
                    SELECT 1 FROM channel_claims AS cl
                    WHERE cl.member_id = m.member_id
                )
                THEN 'ambiguous'
            ELSE 'member_not_in_gorgias'
        END AS outcome
    FROM members_in_scope AS m
    LEFT JOIN key_outcomes AS k ON m.email_key = k.email_key
    LEFT JOIN unmatched_members AS listed
        ON m.store = listed.store AND m.member_id = listed.member_id
    WHERE
        m.store = :store
        AND NOT EXISTS (
            SELECT 1 FROM matches AS mt
            WHERE mt.store = m.store AND mt.member_id = m.member_id
        )
) AS d
WHERE d.outcome IS DISTINCT FROM d.old_outcome;
