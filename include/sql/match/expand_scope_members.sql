-- One step outwards: the members that hold a key of the last round, are linked to a customer of it,
-- or were matched to one.
-- Reads scope_keys, scope_customers, members, links, matches; writes scope_members.
-- Binds store, last_round, this_round.
INSERT INTO scope_members (member_id, round)
SELECT
    reached.member_id,
    :this_round AS round
FROM (
    SELECT m.member_id
    FROM scope_keys AS s
    CROSS JOIN members AS m
    WHERE s.round = :last_round AND m.store = :store AND m.email_key = s.email_key
    UNION
    SELECT l.member_id
    FROM scope_customers AS s
    CROSS JOIN links AS l
    WHERE s.round = :last_round AND l.store = :store AND l.customer_id = s.customer_id
    UNION
    SELECT mt.member_id
    FROM scope_customers AS s
    CROSS JOIN matches AS mt
    WHERE s.round = :last_round AND mt.store = :store AND mt.customer_id = s.customer_id
) AS reached
WHERE TRUE
ON CONFLICT (member_id) DO NOTHING
