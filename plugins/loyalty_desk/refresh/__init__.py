"""Cards shown at once, outside of the sync: after an award, and when the platform tells."""
