"""A package, so that its services end with the last of its tests."""
