-- Fails if a member counts as having a valid e-mail without a key to match by, or the reverse:
-- the match would overlook the member, or pair it by an address that is not one.
-- Does not test how the key was made; the key's own tests do.
-- Reads members. Binds store. One row per member at fault, none when all is well.
SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (email_state = 'valid') <> (email_key IS NOT NULL)
