-- Which of the customers to look at have a recent ticket (1), or even an open one (2).
-- Reads customers_to_plan, tickets (recent ones only); writes urgent_customers. Binds store.
INSERT INTO urgent_customers (customer_id, urgency)
SELECT
    t.customer_id,
    MAX(CASE WHEN t.status = 'open' THEN 2 ELSE 1 END) AS urgency
FROM customers_to_plan AS c
INNER JOIN tickets AS t ON c.store = t.store AND c.customer_id = t.customer_id
WHERE c.store = :store AND t.store = :store
GROUP BY t.customer_id
