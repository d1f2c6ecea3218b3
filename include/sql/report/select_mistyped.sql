-- The addresses of customers and of the members that they may be but for a slip in the domain.
-- Reads suggestions, customers, members, refused_suggestions. Binds store, min_score. One row per
-- suggestion.
SELECT
    c.email_key AS customer_key,
    m.email_key AS member_key
FROM suggestions AS s
INNER JOIN customers AS c ON s.store = c.store AND s.customer_id = c.customer_id
INNER JOIN members AS m ON s.store = m.store AND s.member_id = m.member_id
LEFT JOIN refused_suggestions AS r
    ON
        s.store = r.store
        AND s.customer_id = r.customer_id
        AND s.member_id = r.member_id
WHERE
    s.store = :store
    AND s.score >= :min_score
    AND s.reasons LIKE '%mistyped_domain%'
    AND r.member_id IS NULL
