-- Who a customer may be, the surest first, also those that a person refused.
-- Reads suggestions, members, refused_suggestions. Binds store, customer_id. One row per member.
SELECT
    s.member_id,
    s.score,
    s.reasons,
    m.email,
    m.status,
    m.card,
    CASE WHEN r.member_id IS NULL THEN 0 ELSE 1 END AS is_refused
FROM suggestions AS s
LEFT JOIN members AS m ON s.store = m.store AND s.member_id = m.member_id
LEFT JOIN refused_suggestions AS r
    ON
        s.store = r.store
        AND s.customer_id = r.customer_id
        AND s.member_id = r.member_id
WHERE s.store = :store AND s.customer_id = :customer_id
ORDER BY s.score DESC, s.member_id ASC
