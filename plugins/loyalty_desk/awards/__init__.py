"""Awards: points and credits given by hand; queued once, applied once."""
