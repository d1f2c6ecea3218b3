-- Takes members off the list of those without a customer who are matched now or in another class.
-- Reads decided_customers, decided_members, writes unmatched_members. Binds store.
DELETE FROM unmatched_members
WHERE
    store = :store
    AND member_id IN (
        SELECT u.member_id
        FROM decided_customers AS d
        CROSS JOIN unmatched_members AS u
        WHERE u.store = :store AND u.member_id = d.member_id
        UNION ALL
        SELECT d.member_id
        FROM decided_members AS d
        WHERE d.was_unmatched
    )
