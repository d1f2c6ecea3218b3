"""Gorgias: client, request budget, and the places where a card is shown.

Never: a platform.
"""
