-- Fails if a match by e-mail is between different e-mail keys: one person's balance would show on
-- another person's profile.
-- Does not test matches by link, where the e-mails differ on purpose.
-- Reads matches, customers, members, customer_channels. Binds store. One row per customer at fault.
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
