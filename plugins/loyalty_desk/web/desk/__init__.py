"""The pages of the desk, one module a place in its navigation."""
