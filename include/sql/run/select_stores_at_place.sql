-- Other stores that write their cards to the same place in the same Gorgias account.
-- Reads store_state. Binds store, place. One row per store.
SELECT store
FROM store_state
WHERE key = 'card_place' AND content = :place AND store <> :store
ORDER BY store
