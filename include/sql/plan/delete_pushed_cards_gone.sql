-- Forgets what was pushed to customers that are gone from Gorgias: it went with them.
-- Reads customers_to_plan, writes pushed_cards. Binds store.
DELETE FROM pushed_cards
WHERE
    store = :store
    AND customer_id IN (
        SELECT c.customer_id
        FROM customers_to_plan AS c
        WHERE c.store = :store AND c.gone_at_utc IS NOT NULL
    )
