"""The Smile.io stand-in."""
