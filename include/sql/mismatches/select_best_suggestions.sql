-- The surest member for each customer without one, of those sure enough.
-- Reads suggestions. Binds store, min_score. One row per customer.
SELECT
    customer_id,
    member_id,
    score,
    reasons
FROM (
    SELECT
        customer_id,
        member_id,
        score,
        reasons,
        ROW_NUMBER() OVER (
            PARTITION BY customer_id
            ORDER BY score DESC, member_id ASC
        ) AS surest_first
    FROM suggestions
    WHERE store = :store AND score >= :min_score
) AS ranked
WHERE surest_first = 1
ORDER BY score DESC, customer_id ASC
