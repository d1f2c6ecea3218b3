"""The TRIFFT stand-in: what is confirmed, and the guesses, each of which can be turned around."""
