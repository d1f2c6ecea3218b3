-- The surest member for each customer without one, of those sure enough that nobody refused.
-- Reads suggestions, refused_suggestions. Binds store, min_score. One row per customer.
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
    WHERE
        store = :store
        AND score >= :min_score
        AND NOT EXISTS (
            SELECT 1
            FROM refused_suggestions AS refused
            WHERE
                refused.store = suggestions.store
                AND refused.customer_id = suggestions.customer_id
                AND refused.member_id = suggestions.member_id
        )
) AS ranked
WHERE surest_first = 1
ORDER BY score DESC, customer_id ASC
