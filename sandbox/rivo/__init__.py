"""The Rivo stand-in: a loyalty programme with members, a points ledger and webhooks."""
