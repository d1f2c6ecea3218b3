-- Removes the view of the customers to decide on, so that this match can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS customers_in_scope
