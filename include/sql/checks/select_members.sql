-- The members that the platform still has, without anything personal: what the member checks see.
-- Reads members. Binds store. One row per member.
SELECT
    member_id,
    status,
    email_state,
    points_balance,
    card_fingerprint,
    CASE WHEN email_key IS NOT NULL THEN 1 END AS has_email
FROM members
WHERE store = :store AND gone_at_utc IS NULL
