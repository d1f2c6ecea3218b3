"""Customers and members that the sync could not pair, and who they probably are."""
