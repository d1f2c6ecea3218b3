-- Removes the view of the members to decide on, so that this match can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS members_in_scope
