-- Keeps a person's decision that a customer is a member though their e-mails differ.
-- Writes links. Binds store, customer_id, member_id, confirmed_by, now_utc.
INSERT INTO links (store, customer_id, member_id, confirmed_by, confirmed_at_utc)
VALUES (:store, :customer_id, :member_id, :confirmed_by, :now_utc)
ON CONFLICT (store, customer_id) DO UPDATE
    SET
        member_id = excluded.member_id,
        confirmed_by = excluded.confirmed_by,
        confirmed_at_utc = excluded.confirmed_at_utc
