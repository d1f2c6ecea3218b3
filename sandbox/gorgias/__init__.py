"""The Gorgias stand-in: a helpdesk account with customers, tickets and a leaky bucket."""
