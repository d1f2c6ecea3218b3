-- Takes members who are matched now off the list of those who are not.
-- Reads decided_customers, writes unmatched_members. Binds store.
DELETE FROM unmatched_members
WHERE
    store = :store
    AND member_id IN (
        SELECT u.member_id
        FROM decided_customers AS d
        CROSS JOIN unmatched_members AS u
        WHERE u.store = :store AND u.member_id = d.member_id
    )
