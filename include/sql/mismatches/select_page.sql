-- One page of the mismatches that a person asked for, each with who it is and who it may be.
-- Reads mismatches, ignored_mismatches, suggestions, refused_suggestions, customers, members,
-- tickets, links.
-- Binds store; now_utc; side and outcome (empty for all); status (open, settled, ignored or all);
-- subject_id, ticket_id and email_key (empty or 0: whoever); only_suggested (1: with a suggestion);
-- min_score; sort (newest, oldest, surest, tickets or returned); most; skip.
-- One row per mismatch; `found` is how many there are on all pages.
WITH best AS (
    SELECT
        CAST(customer_id AS TEXT) AS subject_id,
        member_id,
        score,
        reasons
    FROM (
        SELECT
            s.customer_id,
            s.member_id,
            s.score,
            s.reasons,
            ROW_NUMBER() OVER (
                PARTITION BY s.customer_id
                ORDER BY s.score DESC, s.member_id ASC
            ) AS surest_first
        FROM suggestions AS s
        WHERE
            s.store = :store
            AND s.score >= :min_score
            AND NOT EXISTS (
                SELECT 1
                FROM refused_suggestions AS refused
                WHERE
                    refused.store = s.store
                    AND refused.customer_id = s.customer_id
                    AND refused.member_id = s.member_id
            )
    ) AS ranked
    WHERE surest_first = 1
),

written AS (
    SELECT
        CAST(customer_id AS TEXT) AS subject_id,
        COUNT(*) AS ticket_count,
        MAX(ticket_id) AS newest_ticket_id
    FROM tickets
    WHERE store = :store
    GROUP BY customer_id
),

asked AS (
    SELECT
        m.side,
        m.subject_id,
        m.outcome,
        m.opened_at_utc,
        m.settled_at_utc,
        m.returned,
        i.reason AS ignored_reason,
        i.until_utc AS ignored_until_utc,
        b.member_id AS suggested_member_id,
        b.score,
        b.reasons,
        w.newest_ticket_id,
        COALESCE(w.ticket_count, 0) AS ticket_count,
        COUNT(*) OVER () AS found,
        ROW_NUMBER() OVER (
            ORDER BY
                CASE WHEN :sort = 'newest' THEN m.opened_at_utc END DESC,
                CASE WHEN :sort = 'oldest' THEN m.opened_at_utc END ASC,
                CASE WHEN :sort = 'surest' THEN COALESCE(b.score, -1) END DESC,
                CASE WHEN :sort = 'tickets' THEN COALESCE(w.ticket_count, 0) END DESC,
                CASE WHEN :sort = 'returned' THEN m.returned END DESC,
                m.side ASC,
                m.subject_id ASC
        ) AS place
    FROM mismatches AS m
    LEFT JOIN ignored_mismatches AS i
        ON
            m.store = i.store
            AND m.side = i.side
            AND m.subject_id = i.subject_id
            AND (i.until_utc IS NULL OR i.until_utc > :now_utc)
    LEFT JOIN best AS b ON m.side = 'customer' AND m.subject_id = b.subject_id
    LEFT JOIN written AS w ON m.side = 'customer' AND m.subject_id = w.subject_id
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
        AND (:only_suggested = 0 OR b.score IS NOT NULL)
        AND (
            (:subject_id = '' AND :ticket_id = 0)
            OR m.subject_id = :subject_id
            OR (
                m.side = 'customer'
                AND m.subject_id IN (
                    SELECT CAST(t.customer_id AS TEXT)
                    FROM tickets AS t
                    WHERE t.store = :store AND t.ticket_id = :ticket_id
                )
            )
        )
        AND (
            :email_key = ''
            OR (
                m.side = 'customer'
                AND m.subject_id IN (
                    SELECT CAST(c.customer_id AS TEXT)
                    FROM customers AS c
                    WHERE c.store = :store AND c.email_key = :email_key
                )
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
)

SELECT
    a.side,
    a.subject_id,
    a.outcome,
    a.opened_at_utc,
    a.settled_at_utc,
    a.returned,
    a.ignored_reason,
    a.ignored_until_utc,
    a.suggested_member_id,
    a.score,
    a.reasons,
    a.ticket_count,
    a.newest_ticket_id,
    a.found,
    c.name AS customer_name,
    c.email AS customer_email,
    n.card,
    n.email AS member_email,
    l.member_id AS linked_member_id
FROM asked AS a
LEFT JOIN customers AS c
    ON
        c.store = :store
        AND c.customer_id = CASE WHEN a.side = 'customer' THEN CAST(a.subject_id AS BIGINT) END
LEFT JOIN links AS l
    ON
        l.store = :store
        AND l.customer_id = CASE WHEN a.side = 'customer' THEN CAST(a.subject_id AS BIGINT) END
LEFT JOIN members AS n
    ON
        n.store = :store
        AND n.member_id = CASE
            WHEN a.side = 'member' THEN a.subject_id ELSE a.suggested_member_id
        END
WHERE a.place > :skip AND a.place <= :skip + :most
ORDER BY a.place ASC
