-- How many members' cards Gorgias has from us: what the shares of the brake refer to.
-- Reads pushed_cards. Binds store. One row.
SELECT COUNT(*) AS member_cards
FROM pushed_cards
WHERE store = :store AND is_member
