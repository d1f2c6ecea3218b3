-- How many mismatches a person asked for; the filter is that of `select_page`.
-- Reads mismatches, ignored_mismatches, suggestions, refused_suggestions, customers, members,
-- tickets.
-- Binds store; now_utc; side and outcome (empty for all); status (open, settled, ignored or all);
-- subject_id, ticket_id and email_key (empty or 0: whoever); only_suggested (1: with a suggestion);
-- min_score. One row.
SELECT COUNT(*) AS found
FROM (
    SELECT
        store,
        side,
        subject_id,
        outcome,
        opened_at_utc,
        settled_at_utc,
        returned,
        CASE WHEN side = 'customer' THEN CAST(subject_id AS BIGINT) END AS customer_id
    FROM mismatches
    WHERE store = :store
) AS m
LEFT JOIN ignored_mismatches AS i
    ON
        m.store = i.store
        AND m.side = i.side
        AND m.subject_id = i.subject_id
        AND (i.until_utc IS NULL OR i.until_utc > :now_utc)
WHERE
    m.store = :store
    AND (:side = '' OR m.side = :side)
    AND (:outcome = '' OR m.outcome = :outcome)
    AND (
        :status = 'all'
        OR (:status = 'settled' AND m.settled_at_utc IS NOT NULL)
        OR (:status = 'open' AND m.settled_at_utc IS NULL AND i.reason IS NULL)
        OR (:status = 'ignored' AND m.settled_at_utc IS NULL AND i.reason IS NOT NULL)
    )
    AND (
        :only_suggested = 0
        OR EXISTS (
            SELECT 1
            FROM suggestions AS s
            LEFT JOIN refused_suggestions AS r
                ON
                    s.store = r.store
                    AND s.customer_id = r.customer_id
                    AND s.member_id = r.member_id
            WHERE
                s.store = m.store
                AND s.customer_id = m.customer_id
                AND s.score >= :min_score
                AND r.member_id IS NULL
        )
    )
    AND (
        (:subject_id = '' AND :ticket_id = 0)
        OR m.subject_id = :subject_id
        OR m.customer_id IN (
            SELECT t.customer_id
            FROM tickets AS t
            WHERE t.store = :store AND t.ticket_id = :ticket_id
        )
    )
    AND (
        :email_key = ''
        OR m.customer_id IN (
            SELECT c.customer_id
            FROM customers AS c
            WHERE c.store = :store AND c.email_key = :email_key
        )
        OR (
            m.side = 'member'
            AND m.subject_id IN (
                SELECT n.member_id
                FROM members AS n
                WHERE n.store = :store AND n.email_key = :email_key
            )
        )
    )
