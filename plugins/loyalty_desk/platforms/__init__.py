"""Loyalty platforms, each one file behind the contract of `base`."""
