"""Mutants: small faults, each named by its harm, that the tests must notice."""
