-- Fails if a member's card is not an object, lacks `member` or a filled `summary`, or holds a null:
-- Gorgias prints a blank for what is missing, so an agent would read a sentence with a hole.
-- Does not parse the JSON, which the two databases do differently; it looks for the parts.
-- Reads members. Binds store. One row per member at fault, none when all is well.
SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (
        card NOT LIKE '{%}'
        OR card NOT LIKE '%"member"\:true%'
        OR card NOT LIKE '%"summary"\:"_%'
        OR card LIKE '%"summary"\:""%'
        OR card LIKE '%"\:null,%'
        OR card LIKE '%"\:null}%'
    )
