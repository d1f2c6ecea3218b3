"""The wire, for every client: exchange, transport, pacing, reading. Knows no API."""
