-- Takes away the matches that are other than before, or are no more; the new ones follow. Deleting
-- and inserting is a third faster than an upsert where nearly all rows are new.
-- Reads decided_customers (which holds changes only), writes matches. Binds store.
DELETE FROM matches
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_matched
    )
