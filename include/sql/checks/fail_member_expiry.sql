-- Fails if a card states that points expire in a past year, or more than ten years from now:
-- usually a wrong unit or a stand-in such as 9999, and agents would tell it to shoppers.
-- Does not test the day; an expiry some days ago is the platform's to clean up.
-- Reads members. Binds store, this_year. One row per member at fault, none when all is well.
WITH RECURSIVE likely_years (year_number) AS (
    SELECT CAST(:this_year AS INTEGER)
    UNION ALL
    SELECT year_number + 1 FROM likely_years
    WHERE year_number < :this_year + 10
)

SELECT member_id AS failing_id
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND card LIKE '%"points_expire_on"%'
    AND NOT EXISTS (
        SELECT 1 FROM likely_years
        WHERE
            members.card
            LIKE '%"points_expire_on"\:"' || CAST(likely_years.year_number AS TEXT) || '-%'
    )
