-- What an e-mail key means where it does not lead to exactly one eligible member: a tie
-- ('ambiguous'), or a key of people who may not have a card ('excluded', 'erased').
-- A few rows, so that the many ordinary keys need one look-up and no grouping later.
-- Reads members_in_scope, which holds all members of a key or none; writes key_outcomes.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO key_outcomes (email_key, outcome)
SELECT
    email_key,
    CASE
        WHEN
            COUNT(CASE WHEN status IN ('member', :guest_status) THEN 1 END) > 1
            THEN 'ambiguous'
        WHEN COUNT(CASE WHEN status IN ('excluded', 'guest') THEN 1 END) > 0 THEN 'excluded'
        ELSE 'erased'
    END AS outcome
FROM members_in_scope
WHERE store = :store AND email_key IS NOT NULL AND gone_at_utc IS NULL
GROUP BY email_key
HAVING COUNT(CASE WHEN status IN ('member', :guest_status) THEN 1 END) <> 1
