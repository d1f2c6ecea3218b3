-- name: select_members
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
WHERE store = :store AND gone_at_utc IS NULL;

-- name: fail_member_email
-- Fails if a member counts as having a valid e-mail without a key to match by, or the reverse:
-- the match would overlook the member, or pair it by an address that is not one.
-- Does not test how the key was made; the key's own tests do.
-- Reads members. Binds store. One row per member at fault, none when all is well.
SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (email_state = 'valid') <> (email_key IS NOT NULL);

-- name: fail_member_expiry
-- Fails if a card states that points expired long ago, or expire in many years: usually a wrong
-- unit or a stand-in such as 9999, and agents would tell it to shoppers.
-- Does not test an expiry of lately; that is the platform's to clean up, in its own time.
-- A search for the key goes before the JSON, which most cards need not be read as.
-- Reads members. Binds store, expiry_from, expiry_to (days). One row per member at fault, none when
-- all is well.
SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND card LIKE '%"points_expire_on":"%'
    AND JSON(card) ->> 'points_expire_on' NOT BETWEEN :expiry_from AND :expiry_to;
