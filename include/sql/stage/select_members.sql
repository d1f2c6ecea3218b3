-- What is staged of one batch of members, to find what changed. Columns in the table's order.
-- Reads members. Binds store, ids (a list of member ids). One row per member that is staged.
SELECT
    store,
    member_id,
    email,
    email_key,
    email_state,
    status,
    phone,
    external_id,
    points_balance,
    tier_rank,
    card,
    card_fingerprint,
    changed_at_utc,
    gone_at_utc
FROM members
WHERE store = :store AND member_id IN (:ids)
