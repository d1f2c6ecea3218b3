"""Lookup: one person's card by e-mail, for Gorgias to pull when something happens on a ticket.

Never: a write to Gorgias while Gorgias waits for the answer; it asks for the card to be shown.
"""
