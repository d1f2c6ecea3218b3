"""The wire, for every client: exchange, transport, pacing, reading.

Never: what one API alone does.
"""
