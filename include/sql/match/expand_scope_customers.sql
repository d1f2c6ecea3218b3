-- One step outwards: the customers that hold a key of the last round, are linked to a member of it,
-- or were matched to one. Those matched before lose or keep their match together with the member.
-- Reads scope_keys, scope_members, customers, customer_channels, links, matches;
-- writes scope_customers. Binds store, last_round, this_round.
INSERT INTO scope_customers (customer_id, round)
SELECT
    reached.customer_id,
    :this_round AS round
FROM (
    SELECT c.customer_id
    FROM scope_keys AS s
    CROSS JOIN customers AS c
    WHERE s.round = :last_round AND c.store = :store AND c.email_key = s.email_key
    UNION
    SELECT ch.customer_id
    FROM scope_keys AS s
    CROSS JOIN customer_channels AS ch
    WHERE s.round = :last_round AND ch.store = :store AND ch.email_key = s.email_key
    UNION
    SELECT l.customer_id
    FROM links AS l
    WHERE
        l.store = :store
        AND l.member_id IN (
            SELECT s.member_id FROM scope_members AS s
            WHERE s.round = :last_round
        )
    UNION
    SELECT mt.customer_id
    FROM scope_members AS s
    CROSS JOIN matches AS mt
    WHERE s.round = :last_round AND mt.store = :store AND mt.member_id = s.member_id
) AS reached
WHERE TRUE
ON CONFLICT (customer_id) DO NOTHING
