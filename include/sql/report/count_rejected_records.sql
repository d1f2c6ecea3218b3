-- What was wrong with the rows that an extract set aside.
-- Reads rejected_records. Binds store, run_id, how_many. One row per source, field and reason.
SELECT
    source,
    field,
    reason,
    COUNT(*) AS records,
    MIN(record_id) AS example_id
FROM rejected_records
WHERE store = :store AND run_id = :run_id
GROUP BY source, field, reason
ORDER BY records DESC, source ASC, field ASC, reason ASC
LIMIT :how_many
