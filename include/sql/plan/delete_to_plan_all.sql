-- Empties the list: a full plan looks at every customer. Runs before the data is read; who turns
-- out to need a change is put back.
-- Writes to_plan. Binds store.
DELETE FROM to_plan
WHERE store = :store
