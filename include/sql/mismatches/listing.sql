-- name: select_page
-- One page of the mismatches that a person asked for, each with who it is and who it may be.
-- What takes more than the row itself is looked up for all of them only when they are sorted by it.
-- Reads mismatches, ignored_mismatches, suggestions, refused_suggestions, customers, members,
-- tickets, links.
-- Binds store; now_utc; side and outcome (empty for all); status (open, settled, ignored or all);
-- subject_id, ticket_id and email_key (empty or 0: whoever); only_suggested (1: with a suggestion);
-- min_score; sort (newest, oldest, surest, tickets or returned); most; skip.
-- One row per mismatch; `found` is how many there are on all pages. To read them once for the count
-- and once for the page is twice as fast as to keep 100,000 of them for both.
WITH filtered AS NOT MATERIALIZED (
    SELECT
        m.*,
        i.reason AS ignored_reason,
        i.until_utc AS ignored_until_utc
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
),

wrote AS (
    SELECT
        customer_id,
        COUNT(*) AS tickets
    FROM tickets
    WHERE :sort = 'tickets' AND store = :store
    GROUP BY customer_id
),

paged AS (
    SELECT
        m.*,
        CASE WHEN :sort = 'newest' THEN m.opened_at_utc END AS newest,
        CASE WHEN :sort = 'oldest' THEN m.opened_at_utc END AS oldest,
        CASE
            WHEN :sort = 'surest'
                THEN COALESCE((
                    SELECT MAX(s.score)
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
                ), -1)
        END AS surest,
        CASE
            WHEN :sort = 'returned' THEN m.returned
            WHEN :sort = 'tickets' THEN COALESCE(wrote.tickets, 0)
        END AS largest
    FROM filtered AS m
    LEFT JOIN wrote ON m.customer_id = wrote.customer_id
    ORDER BY
        newest DESC,
        oldest ASC,
        surest DESC,
        largest DESC,
        m.side ASC,
        m.subject_id ASC
    LIMIT :most OFFSET :skip
),

suggested AS (
    SELECT
        p.*,
        (
            SELECT s.member_id
            FROM suggestions AS s
            LEFT JOIN refused_suggestions AS r
                ON
                    s.store = r.store
                    AND s.customer_id = r.customer_id
                    AND s.member_id = r.member_id
            WHERE
                s.store = p.store
                AND s.customer_id = p.customer_id
                AND s.score >= :min_score
                AND r.member_id IS NULL
            ORDER BY s.score DESC, s.member_id ASC
            LIMIT 1
        ) AS suggested_member_id
    FROM paged AS p
)

SELECT
    p.side,
    p.subject_id,
    p.outcome,
    p.opened_at_utc,
    p.settled_at_utc,
    p.returned,
    p.ignored_reason,
    p.ignored_until_utc,
    p.suggested_member_id,
    s.score,
    s.reasons,
    c.name AS customer_name,
    c.email AS customer_email,
    n.card,
    n.email AS member_email,
    l.member_id AS linked_member_id,
    (
        SELECT COUNT(*)
        FROM tickets AS t
        WHERE t.store = p.store AND t.customer_id = p.customer_id
    ) AS ticket_count,
    (
        SELECT MAX(t.ticket_id)
        FROM tickets AS t
        WHERE t.store = p.store AND t.customer_id = p.customer_id
    ) AS newest_ticket_id,
    (SELECT COUNT(*) FROM filtered) AS found
FROM suggested AS p
LEFT JOIN suggestions AS s
    ON
        p.store = s.store
        AND p.customer_id = s.customer_id
        AND p.suggested_member_id = s.member_id
LEFT JOIN customers AS c ON p.store = c.store AND p.customer_id = c.customer_id
LEFT JOIN links AS l ON p.store = l.store AND p.customer_id = l.customer_id
LEFT JOIN members AS n
    ON
        p.store = n.store
        AND n.member_id = CASE
            WHEN p.side = 'member' THEN p.subject_id ELSE p.suggested_member_id
        END
ORDER BY
    p.newest DESC,
    p.oldest ASC,
    p.surest DESC,
    p.largest DESC,
    p.side ASC,
    p.subject_id ASC;
