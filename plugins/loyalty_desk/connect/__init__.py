"""Furnishing a Gorgias account for a store: what agents see and use, and a clean way out.

Never: a change of what others made there.
"""
