"""Loyalty Desk: keeps a Gorgias helpdesk in step with a loyalty programme."""
