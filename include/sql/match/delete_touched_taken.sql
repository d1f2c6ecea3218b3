-- Consumes what this incremental match has taken into its scope, and nothing that another process
-- touched in the meantime. Runs before the data is read: what is touched later is kept for later.
-- Reads scope_keys, scope_customers, scope_members, scope_cards; writes touched. Binds store.
DELETE FROM touched
WHERE
    store = :store
    AND (
        (kind = 'email_key' AND value IN (SELECT email_key FROM scope_keys))
        OR (
            kind = 'customer'
            AND CAST(value AS BIGINT) IN (SELECT customer_id FROM scope_customers)
        )
        OR (kind = 'member' AND value IN (SELECT member_id FROM scope_members))
        OR (kind = 'card' AND value IN (SELECT member_id FROM scope_cards))
    )
