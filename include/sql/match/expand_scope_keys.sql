-- One step outwards: the e-mail keys of the customers and members that the last round reached.
-- Reads scope_customers, scope_members, customers, customer_channels, members; writes scope_keys.
-- Binds store, last_round, this_round.
INSERT INTO scope_keys (email_key, round)
SELECT
    reached.email_key,
    :this_round AS round
FROM (
    SELECT c.email_key
    FROM scope_customers AS s
    CROSS JOIN customers AS c
    WHERE s.round = :last_round AND c.store = :store AND c.customer_id = s.customer_id
    UNION
    SELECT ch.email_key
    FROM scope_customers AS s
    CROSS JOIN customer_channels AS ch
    WHERE s.round = :last_round AND ch.store = :store AND ch.customer_id = s.customer_id
    UNION
    SELECT m.email_key
    FROM scope_members AS s
    CROSS JOIN members AS m
    WHERE s.round = :last_round AND m.store = :store AND m.member_id = s.member_id
) AS reached
WHERE reached.email_key IS NOT NULL
ON CONFLICT (email_key) DO NOTHING
