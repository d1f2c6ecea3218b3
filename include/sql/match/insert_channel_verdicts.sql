-- Settles the claims: one member, claimed by this customer alone and matched to nobody by link or
-- primary address, is a match. Anything else is a tie, and a tie is never broken (member NULL).
-- Reads channel_claims, members, live_links, key_outcomes, customers; writes channel_verdicts.
-- Binds store.
INSERT INTO channel_verdicts (customer_id, member_id)
SELECT
    judged.customer_id,
    CASE WHEN COUNT(*) = 1 AND MAX(judged.contested) = 0 THEN MIN(judged.member_id) END
        AS member_id
FROM (
    SELECT
        cl.customer_id,
        cl.member_id,
        CASE
            WHEN
                EXISTS (
                    SELECT 1
                    FROM channel_claims AS rival
                    WHERE rival.member_id = cl.member_id AND rival.customer_id <> cl.customer_id
                )
                OR EXISTS (
                    SELECT 1 FROM live_links AS l
                    WHERE l.member_id = cl.member_id
                )
                OR EXISTS (
                    SELECT 1
                    FROM customers AS holder
                    LEFT JOIN live_links AS own ON holder.customer_id = own.customer_id
                    WHERE
                        holder.store = :store
                        AND holder.email_key = m.email_key
                        AND holder.gone_at_utc IS NULL
                        AND own.customer_id IS NULL
                        AND k.email_key IS NULL
                )
                THEN 1
            ELSE 0
        END AS contested
    FROM channel_claims AS cl
    CROSS JOIN members AS m
    LEFT JOIN key_outcomes AS k ON m.email_key = k.email_key
    WHERE m.store = :store AND m.member_id = cl.member_id
) AS judged
GROUP BY judged.customer_id
