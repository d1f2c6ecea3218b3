-- Fails if a match claims a confirmed link that no person confirmed: a decision that only a person
-- may take would have been taken by the program.
-- Reads matches, links. Binds store. One row per customer at fault.
SELECT
    matches.customer_id AS failing_id,
    matches.member_id
FROM matches
LEFT JOIN links
    ON
        matches.store = links.store
        AND matches.customer_id = links.customer_id
        AND matches.member_id = links.member_id
WHERE matches.store = :store AND matches.rule = 'link' AND links.customer_id IS NULL
