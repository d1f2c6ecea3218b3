-- Has the next match look at a customer or a member again.
-- Touches the row even when it is there, so that one being taken off right now comes back.
-- Writes touched. Binds store, kind (customer or member), value (its id as text).
INSERT INTO touched (store, kind, value)
VALUES (:store, :kind, :value)
ON CONFLICT (store, kind, value) DO UPDATE
    SET value = excluded.value
