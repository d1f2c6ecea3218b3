-- Which of the customers to look at have a recent ticket (1), or even an open one (2).
-- Reads customers_to_plan, tickets (recent ones only); writes urgent_customers. Binds store.
INSERT INTO urgent_customers (customer_id, urgency)
SELECT
    c.customer_id,
    MAX(CASE WHEN t.status = 'open' THEN 2 ELSE 1 END) AS urgency
FROM customers_to_plan AS c
CROSS JOIN tickets AS t
WHERE c.store = :store AND t.store = :store AND t.customer_id = c.customer_id
GROUP BY c.customer_id
