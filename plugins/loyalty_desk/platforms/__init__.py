"""Loyalty platforms, one file each, behind one protocol."""
