-- The cards of a store that are not what they should be in Gorgias yet: planned, or asked for.
-- Reads changes, cards_to_show. Binds store. One row.
SELECT
    (
        SELECT COUNT(*)
        FROM changes
        WHERE store = :store AND state IN ('planned', 'sending')
    ) AS planned,
    (
        SELECT COUNT(*)
        FROM cards_to_show
        WHERE store = :store
    ) AS asked_for
