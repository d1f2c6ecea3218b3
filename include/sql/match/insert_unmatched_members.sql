-- Writes the members without a customer whose class is new.
-- Reads decided_members, writes unmatched_members. Binds store, now_utc.
INSERT INTO unmatched_members (store, member_id, outcome, since_utc)
SELECT
    :store AS store,
    member_id,
    outcome,
    :now_utc AS since_utc
FROM decided_members
