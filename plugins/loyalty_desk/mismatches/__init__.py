"""Customers and members that the sync could not pair, and who they probably are.

Never: a pair that no person confirmed.
"""
