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

-- name: fail_member_id_unique
-- Fails if two rows hold one member's id: the match would not know whose balance counts. The
-- table's key prevents it; this is for the day when the key is lost in a repair by hand.
-- Reads members. Binds store. One row per id at fault, none when all is well.
SELECT
    member_id AS failing_id,
    COUNT(*) AS member_count
FROM members
WHERE store = :store
GROUP BY member_id
HAVING COUNT(*) > 1;

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

-- name: fail_member_card
-- Fails if a member's card is not an object, lacks `member` or a filled `summary`, or holds a null:
-- Gorgias prints a blank for what is missing, so an agent would read a sentence with a hole.
-- Does not parse the JSON, which the two databases do differently; it looks for the parts.
-- Reads members. Binds store. One row per member at fault, none when all is well.
SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (
        card NOT LIKE '{%}'
        OR card NOT LIKE '%"member"\:true%'
        OR card NOT LIKE '%"summary"\:"_%'
        OR card LIKE '%"summary"\:""%'
        OR card LIKE '%"\:null,%'
        OR card LIKE '%"\:null}%'
    );

-- name: fail_member_expiry
-- Fails if a card states that points expire in a past year, or more than ten years from now:
-- usually a wrong unit or a stand-in such as 9999, and agents would tell it to shoppers.
-- Does not test the day; an expiry some days ago is the platform's to clean up.
-- Reads members. Binds store, this_year. One row per member at fault, none when all is well.
WITH RECURSIVE likely_years (year_number) AS (
    SELECT CAST(:this_year AS INTEGER)
    UNION ALL
    SELECT year_number + 1 FROM likely_years
    WHERE year_number < :this_year + 10
)

SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND card LIKE '%"points_expire_on"%'
    AND NOT EXISTS (
        SELECT 1 FROM likely_years
        WHERE
            members.card
            LIKE '%"points_expire_on"\:"' || CAST(likely_years.year_number AS TEXT) || '-%'
    );
