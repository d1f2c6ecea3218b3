"""Look-up: one person's card by e-mail, for Gorgias to pull when something happens on a ticket."""
