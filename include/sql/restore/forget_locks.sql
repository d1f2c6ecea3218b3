-- Lets go of what processes held that are not there any more.
-- Writes locks. No bind.
DELETE FROM locks
