-- name: select_customer
-- By what it is found out whose card a customer is to be shown (the match, a link, the address),
-- and what Gorgias has of them.
-- Reads customers, matches, links, pushed_cards. Binds store, customer_id, destination.
-- One row, or none when the customer is not staged.
SELECT
    customers.email_key,
    customers.email_state,
    customers.language,
    matches.member_id,
    links.member_id AS linked_member_id,
    pushed_cards.fingerprint,
    pushed_cards.form,
    pushed_cards.texts_version,
    pushed_cards.is_member
FROM customers
LEFT JOIN matches
    ON customers.store = matches.store AND customers.customer_id = matches.customer_id
LEFT JOIN links ON customers.store = links.store AND customers.customer_id = links.customer_id
LEFT JOIN pushed_cards
    ON
        customers.store = pushed_cards.store
        AND customers.customer_id = pushed_cards.customer_id
        AND pushed_cards.destination = :destination
WHERE
    customers.store = :store
    AND customers.customer_id = :customer_id
    AND customers.gone_at_utc IS NULL;
