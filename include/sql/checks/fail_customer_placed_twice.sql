-- Fails if a customer is matched and in a class of the unmatched as well: the counts would not add
-- up, and the plan could give the customer a member's card or the non-member card, by chance.
-- Reads matches, unmatched_customers. Binds store. One row per customer at fault.
SELECT matches.customer_id AS failing_id
FROM matches
INNER JOIN unmatched_customers
    ON
        matches.store = unmatched_customers.store
        AND matches.customer_id = unmatched_customers.customer_id
WHERE matches.store = :store
