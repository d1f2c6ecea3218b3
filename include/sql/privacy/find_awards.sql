-- The awards for a person.
-- Reads awards. Binds store; email_keys and member_ids (lists). One row per award.
SELECT
    award_id,
    state,
    ticket_id
FROM awards
WHERE
    store = :store
    AND (
        subject IN (:email_keys)
        OR subject IN (:member_ids)
        OR email IN (:email_keys)
        OR member_id IN (:member_ids)
    )
