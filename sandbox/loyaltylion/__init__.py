"""The LoyaltyLion stand-in."""
