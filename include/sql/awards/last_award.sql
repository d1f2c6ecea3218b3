-- name: select_lately_awarded
-- The members who were awarded something lately: whose card may have to say so, or not any more. An
-- award by an address that has passed to another member was said of the one who had it.
-- Reads awards, members. Binds store, oldest_utc. One row per member.
WITH awarded AS (
    SELECT COALESCE(a.member_id, a.subject) AS member_id
    FROM awards AS a
    WHERE a.store = :store AND a.queued_at_utc >= :oldest_utc
    UNION
    SELECT a.subject AS member_id
    FROM awards AS a
    WHERE a.store = :store AND a.queued_at_utc >= :oldest_utc
)

SELECT m.member_id
FROM awarded
INNER JOIN members AS m ON m.store = :store AND awarded.member_id = m.member_id
WHERE m.gone_at_utc IS NULL
ORDER BY m.member_id ASC;

-- name: select_cards_and_last_awards
-- The cards of some members, and the last award of each that is booked or may yet be: what was
-- refused or rejected never happened to the member, and of a batch nobody asked for anything that
-- could be said to be checked, so it counts once it is booked. NULLs where there is none.
-- Reads awards, members. Binds store, member_ids (a list), oldest_utc, since_utc. One
-- row per member.
WITH ranked AS (
    SELECT
        a.state,
        a.unit,
        a.amount,
        a.reverses,
        COALESCE(a.member_id, a.subject) AS member_id,
        COALESCE(a.settled_at_utc, a.queued_at_utc) AS at_utc,
        ROW_NUMBER() OVER (
            PARTITION BY COALESCE(a.member_id, a.subject)
            ORDER BY COALESCE(a.settled_at_utc, a.queued_at_utc) DESC, a.award_id ASC
        ) AS place
    FROM awards AS a
    WHERE
        a.store = :store
        AND a.queued_at_utc >= :oldest_utc
        AND COALESCE(a.settled_at_utc, a.queued_at_utc) >= :since_utc
        AND a.state NOT IN ('refused', 'rejected')
        AND (a.batch_id IS NULL OR a.state = 'applied')
        AND COALESCE(a.member_id, a.subject) IN (:member_ids)
)

SELECT
    m.member_id,
    m.card,
    m.card_fingerprint,
    ranked.state,
    ranked.unit,
    ranked.amount,
    ranked.reverses,
    ranked.at_utc
FROM members AS m
LEFT JOIN ranked ON m.member_id = ranked.member_id AND ranked.place = 1
WHERE
    m.store = :store
    AND m.member_id IN (:member_ids)
    AND m.gone_at_utc IS NULL
    AND m.status <> 'erased'
ORDER BY m.member_id ASC;

-- name: update_card
-- Changes what a member's card says of the last award, unless the card is another by now: whoever
-- changed it brings its own words, or the next sync does.
-- Writes members. Binds store, member_id, card, card_fingerprint, fingerprint_before.
UPDATE members
SET card = :card, card_fingerprint = :card_fingerprint
WHERE
    store = :store
    AND member_id = :member_id
    AND card_fingerprint = :fingerprint_before;
