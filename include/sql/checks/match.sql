-- name: select_unmatched_customers
-- The customers without a member, with their class.
-- Reads unmatched_customers. Binds store. One row per customer.
SELECT
    customer_id,
    outcome
FROM unmatched_customers
WHERE store = :store;

-- name: select_unmatched_members
-- The members without a customer, with their class.
-- Reads unmatched_members. Binds store. One row per member.
SELECT
    member_id,
    outcome
FROM unmatched_members
WHERE store = :store;

-- name: fail_customer_left_out
-- Fails if a customer is neither matched nor in a class of the unmatched: nobody would ever see it.
-- Does not test which class it should be in, nor who came since the match. One that is gone has a
-- class as well.
-- Reads customers, matches, unmatched_customers, touched. Binds store.
-- One row per customer at fault.
SELECT customers.customer_id AS failing_id
FROM customers
WHERE
    customers.store = :store
    AND NOT EXISTS (
        SELECT 1 FROM matches
        WHERE
            matches.store = customers.store
            AND matches.customer_id = customers.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM unmatched_customers
        WHERE
            unmatched_customers.store = customers.store
            AND unmatched_customers.customer_id = customers.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = customers.store
            AND touched.kind = 'customer'
            AND touched.value = CAST(customers.customer_id AS TEXT)
    );

-- name: fail_customer_placed_twice
-- Fails if a customer is matched and in a class of the unmatched as well: the counts would not add
-- up, and the plan could give the customer a member's card or the non-member card, by chance.
-- Reads matches, unmatched_customers. Binds store. One row per customer at fault.
SELECT matches.customer_id AS failing_id
FROM matches
INNER JOIN unmatched_customers
    ON
        matches.store = unmatched_customers.store
        AND matches.customer_id = unmatched_customers.customer_id
WHERE matches.store = :store;

-- name: fail_member_left_out
-- Fails if a member is neither matched nor in a class of the unmatched: nobody would ever see it.
-- Does not test which class it should be in, nor who came since the match. One that is gone has a
-- class as well.
-- Reads members, matches, unmatched_members, touched. Binds store. One row per member at fault.
SELECT members.member_id AS failing_id
FROM members
WHERE
    members.store = :store
    AND NOT EXISTS (
        SELECT 1 FROM matches
        WHERE matches.store = members.store AND matches.member_id = members.member_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM unmatched_members
        WHERE
            unmatched_members.store = members.store
            AND unmatched_members.member_id = members.member_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = members.store
            AND touched.kind = 'member'
            AND touched.value = members.member_id
    );

-- name: fail_member_placed_twice
-- Fails if a member is matched and in a class of the unmatched as well: the counts would not add
-- up.
-- Reads unmatched_members, matches. Binds store. One row per member at fault.
SELECT unmatched_members.member_id AS failing_id
FROM unmatched_members
WHERE
    unmatched_members.store = :store
    AND EXISTS (
        SELECT 1 FROM matches
        WHERE
            matches.store = unmatched_members.store
            AND matches.member_id = unmatched_members.member_id
    );

-- name: fail_member_shared
-- Fails if a member is matched, without a link, to customers that do not hold the same e-mail:
-- strangers would see the member's balance.
-- Does not test links; a person may say that two addresses are one member.
-- Reads matches, customers, members, touched. Binds store. One row per member at fault.
WITH several AS MATERIALIZED (
    SELECT member_id
    FROM matches
    WHERE store = :store
    GROUP BY member_id
    HAVING COUNT(*) > 1
),

found AS MATERIALIZED (
    SELECT
        matches.member_id AS failing_id,
        COUNT(*) AS customer_count
    FROM several
    INNER JOIN matches
        ON several.member_id = matches.member_id AND matches.store = :store
    INNER JOIN customers
        ON matches.store = customers.store AND matches.customer_id = customers.customer_id
    INNER JOIN members
        ON matches.store = members.store AND matches.member_id = members.member_id
    WHERE matches.rule IN ('email', 'channel')
    GROUP BY matches.member_id
    HAVING
        -- A match by channel is by an address equal to the member's; the primary one may differ.
        COUNT(
            DISTINCT CASE
                WHEN matches.rule = 'channel' THEN members.email_key
                ELSE customers.email_key
            END
        ) > 1
)

SELECT
    failing_id,
    customer_count
FROM found
WHERE
    NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'member'
            AND touched.value = found.failing_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM matches
        INNER JOIN touched
            ON
                matches.store = touched.store
                AND touched.kind = 'customer'
                AND touched.value = CAST(matches.customer_id AS TEXT)
        WHERE matches.store = :store AND matches.member_id = found.failing_id
    );

-- name: fail_match_customer_gone
-- Fails if a match is with a customer that is unknown or gone from Gorgias: nothing can be pushed
-- there, and the member would wrongly count as matched.
-- Reads matches, customers, touched. Binds store. One row per customer at fault.
WITH found AS MATERIALIZED (
    SELECT
        matches.customer_id AS failing_id,
        matches.member_id
    FROM matches
    LEFT JOIN customers
        ON matches.store = customers.store AND matches.customer_id = customers.customer_id
    WHERE
        matches.store = :store
        AND (customers.customer_id IS NULL OR customers.gone_at_utc IS NOT NULL)
)

SELECT
    failing_id,
    member_id
FROM found
WHERE
    NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'customer'
            AND touched.value = CAST(found.failing_id AS TEXT)
    );

-- name: fail_match_member_gone
-- Fails if a customer is matched to a member that is unknown, gone, excluded or erased: the agent
-- would see a balance that the programme no longer honours. The same for a guest, in a store that
-- does not count guests as members.
-- Reads matches, members, touched. Binds store, include_guests. One row per customer at fault.
WITH not_holding AS (
    SELECT member_id
    FROM members
    WHERE
        store = :store
        AND (
            gone_at_utc IS NOT NULL
            OR status NOT IN ('member', 'guest')
            OR (status = 'guest' AND :include_guests <> 1)
        )
),

found AS (
    SELECT
        matches.customer_id AS failing_id,
        matches.member_id
    FROM matches
    WHERE
        matches.store = :store
        AND NOT EXISTS (
            SELECT 1 FROM members
            WHERE members.store = matches.store AND members.member_id = matches.member_id
        )
    UNION ALL
    SELECT
        matches.customer_id AS failing_id,
        matches.member_id
    FROM not_holding
    INNER JOIN matches
        ON not_holding.member_id = matches.member_id AND matches.store = :store
)

SELECT
    failing_id,
    member_id
FROM found
WHERE
    NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'member'
            AND touched.value = found.member_id
    );

-- name: fail_match_email_differs
-- Fails if a match by e-mail is between different e-mail keys: one person's balance would show on
-- another person's profile.
-- Does not test matches by link, where the e-mails differ on purpose.
-- Reads matches, customers, members, customer_channels, touched. Binds store.
-- One row per customer at fault.
WITH found AS MATERIALIZED (
    SELECT
        matches.customer_id AS failing_id,
        matches.member_id
    FROM matches
    INNER JOIN customers
        ON matches.store = customers.store AND matches.customer_id = customers.customer_id
    INNER JOIN members
        ON matches.store = members.store AND matches.member_id = members.member_id
    WHERE
        matches.store = :store
        AND (
            (
                matches.rule = 'email'
                AND (
                    customers.email_key IS NULL
                    OR customers.email_key IS DISTINCT FROM members.email_key
                )
            )
            OR (
                matches.rule = 'channel'
                AND NOT EXISTS (
                    SELECT 1 FROM customer_channels
                    WHERE
                        customer_channels.store = matches.store
                        AND customer_channels.customer_id = matches.customer_id
                        AND customer_channels.email_key = members.email_key
                )
            )
        )
)

SELECT
    failing_id,
    member_id
FROM found
WHERE
    NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'customer'
            AND touched.value = CAST(found.failing_id AS TEXT)
    )
    AND NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'member'
            AND touched.value = found.member_id
    );

-- name: fail_match_link_unconfirmed
-- Fails if a match claims a confirmed link that no person confirmed: a decision that only a person
-- may take would have been taken by the program.
-- Reads matches, links, touched. Binds store. One row per customer at fault.
SELECT
    matches.customer_id AS failing_id,
    matches.member_id
FROM matches
LEFT JOIN links
    ON
        matches.store = links.store
        AND matches.customer_id = links.customer_id
        AND matches.member_id = links.member_id
WHERE
    matches.store = :store
    AND matches.rule = 'link'
    AND links.customer_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = matches.store
            AND touched.kind = 'customer'
            AND touched.value = CAST(matches.customer_id AS TEXT)
    );

-- name: fail_matched_share_drop
-- Fails if the matched share of the customers fell much since the last run that succeeded: more
-- likely a broken extract or e-mail key than a change among shoppers.
-- Does not test stores below the size at which shares mean something.
-- Reads matches, customers, runs, run_counters. Binds store, run_id, min_cards, max_matched_drop.
-- One row when it fell, none when all is well.
WITH this_run AS (
    SELECT started_at_utc AS run_started_at_utc
    FROM runs
    WHERE store = :store AND run_id = :run_id
),

last_run AS (
    SELECT runs.run_id
    FROM runs
    INNER JOIN this_run
        ON runs.started_at_utc < this_run.run_started_at_utc
    WHERE runs.store = :store AND runs.state = 'succeeded'
    ORDER BY runs.started_at_utc DESC, runs.run_id DESC
    LIMIT 1
),

shares AS (
    SELECT
        (
            SELECT COUNT(*) FROM customers
            WHERE store = :store
        ) AS customers_now,
        (
            SELECT COUNT(*) FROM matches
            WHERE store = :store
        ) AS matched_now,
        (
            SELECT value FROM run_counters
            WHERE
                store = :store
                AND run_id IN (SELECT last_run.run_id FROM last_run)
                AND name = 'customers_total'
        ) AS customers_before,
        (
            SELECT value FROM run_counters
            WHERE
                store = :store
                AND run_id IN (SELECT last_run.run_id FROM last_run)
                AND name = 'customers_matched'
        ) AS matched_before
)

SELECT
    'matched share' AS failing_id,
    matched_now,
    customers_now,
    matched_before,
    customers_before
FROM shares
WHERE
    customers_now >= :min_cards
    AND customers_before >= :min_cards
    AND matched_before / NULLIF(customers_before, 0) - 1.0 * matched_now / NULLIF(customers_now, 0)
    > :max_matched_drop;
