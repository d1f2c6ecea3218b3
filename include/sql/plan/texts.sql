-- name: insert_wanted_texts
-- In which words the store tells people of a language.
-- Writes wanted_texts. Binds language, version.
INSERT INTO wanted_texts (language, version)
VALUES (:language, :version);

-- name: insert_scope_of_old_texts
-- Has an incremental plan look at some of the customers whose card is in other words than the store
-- has by now: those with a recent ticket first, as only their cards are likely to be read soon.
-- Reads pushed_cards, customers, tickets, recent_customers, wanted_texts; writes plan_scope. Binds
-- store, place and other_place (the destinations with sentences), default_texts, audience (to whom
-- the store writes), most.
INSERT INTO plan_scope (customer_id)
SELECT DISTINCT outdated.customer_id
FROM (
    SELECT p.customer_id
    FROM pushed_cards AS p
    INNER JOIN customers AS c ON p.store = c.store AND p.customer_id = c.customer_id
    LEFT JOIN wanted_texts AS wt ON c.language = wt.language
    WHERE
        p.store = :store
        AND p.destination IN (:place, :other_place)
        AND p.texts_version <> COALESCE(wt.version, :default_texts)
        AND p.fingerprint <> 'none'
        AND c.gone_at_utc IS NULL
        AND (
            EXISTS (
                SELECT 1 FROM recent_customers AS r
                WHERE r.customer_id = p.customer_id
            )
            OR :audience = 'everybody'
        )
    ORDER BY
        EXISTS (
            SELECT 1 FROM tickets AS t
            WHERE t.store = p.store AND t.customer_id = p.customer_id
        ) DESC,
        p.customer_id ASC
    LIMIT :most
) AS outdated
WHERE TRUE
ON CONFLICT (customer_id) DO NOTHING;

-- name: has_old_texts
-- Whether any card of a store with one language is in other words than the store has now: mostly
-- none is, and asking the ledger alone takes a fraction of the time.
-- Reads pushed_cards. Binds store, place and other_place (the destinations with sentences),
-- default_texts. One row.
SELECT COUNT(*) AS has_any
FROM (
    SELECT p.customer_id
    FROM pushed_cards AS p
    WHERE
        p.store = :store
        AND p.destination IN (:place, :other_place)
        AND p.texts_version <> :default_texts
        AND p.fingerprint <> 'none'
    ORDER BY p.customer_id ASC
    LIMIT 1
) AS first_found;

-- name: insert_old_texts
-- The cards to look at that are in other words than the store has by now, so many at most.
-- Reads customers_to_plan, pushed_cards, urgent_customers, recent_customers, wanted_texts; writes
-- old_texts. Binds store, place and other_place (the destinations with sentences), default_texts,
-- audience (to whom the store writes), most.
INSERT INTO old_texts (customer_id, destination)
SELECT
    c.customer_id,
    p.destination
FROM customers_to_plan AS c
INNER JOIN pushed_cards AS p ON c.store = p.store AND c.customer_id = p.customer_id
LEFT JOIN wanted_texts AS wt ON c.language = wt.language
LEFT JOIN urgent_customers AS urgent ON c.customer_id = urgent.customer_id
WHERE
    c.store = :store
    AND c.gone_at_utc IS NULL
    AND p.destination IN (:place, :other_place)
    AND p.texts_version <> COALESCE(wt.version, :default_texts)
    AND p.fingerprint <> 'none'
    AND (
        EXISTS (
            SELECT 1 FROM recent_customers AS r
            WHERE r.customer_id = c.customer_id
        )
        OR :audience = 'everybody'
    )
ORDER BY
    COALESCE(urgent.urgency, 0) DESC,
    c.customer_id ASC,
    p.destination ASC
LIMIT :most;
