-- The members in scope without a customer whose class is new; so a class that stays keeps its date.
-- A member to whom a tied further address leads is part of that tie.
-- Reads members_in_scope, matches, unmatched_members, key_outcomes, channel_claims;
-- writes decided_members.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO decided_members (member_id, outcome, was_unmatched)
SELECT
    d.member_id,
    d.outcome,
    d.old_outcome IS NOT NULL AS was_unmatched
FROM (
    SELECT
        m.member_id,
        listed.outcome AS old_outcome,
        CASE
            WHEN m.gone_at_utc IS NOT NULL THEN 'merged_or_deleted'
            WHEN m.status = 'erased' THEN 'erased'
            WHEN m.status NOT IN ('member', :guest_status) THEN 'excluded'
            WHEN m.email_state = 'missing' THEN 'no_email'
            WHEN m.email_state = 'invalid' THEN 'invalid_email'
            WHEN
                k.outcome = 'ambiguous'
                OR EXISTS (
                    SELECT 1 FROM channel_claims AS cl
                    WHERE cl.member_id = m.member_id
                )
                THEN 'ambiguous'
            ELSE 'member_not_in_gorgias'
        END AS outcome
    FROM members_in_scope AS m
    LEFT JOIN key_outcomes AS k ON m.email_key = k.email_key
    LEFT JOIN unmatched_members AS listed
        ON m.store = listed.store AND m.member_id = listed.member_id
    WHERE
        m.store = :store
        AND NOT EXISTS (
            SELECT 1 FROM matches AS mt
            WHERE mt.store = m.store AND mt.member_id = m.member_id
        )
) AS d
WHERE d.outcome IS DISTINCT FROM d.old_outcome
