"""Awards: points and credits given by hand; queued once, applied once.

Never: a booking that waits for Gorgias, or is sent before its row says so.
"""
