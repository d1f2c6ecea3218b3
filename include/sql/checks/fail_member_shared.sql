-- Fails if a member is matched, without a link, to customers that do not hold the same e-mail:
-- strangers would see the member's balance.
-- Does not test links; a person may say that two addresses are one member.
-- Reads matches, customers, members. Binds store. One row per member at fault.
SELECT
    matches.member_id AS failing_id,
    COUNT(*) AS customer_count
FROM matches
INNER JOIN customers
    ON matches.store = customers.store AND matches.customer_id = customers.customer_id
INNER JOIN members
    ON matches.store = members.store AND matches.member_id = members.member_id
WHERE matches.store = :store AND matches.rule IN ('email', 'channel')
GROUP BY matches.member_id
HAVING
    -- A match by channel is by an address equal to the member's; the primary one differs rightly.
    COUNT(
        DISTINCT CASE
            WHEN matches.rule = 'channel' THEN members.email_key
            ELSE customers.email_key
        END
    ) > 1
