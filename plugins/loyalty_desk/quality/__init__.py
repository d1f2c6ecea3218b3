"""Data-quality suites (Great Expectations) and the gate that stops a run."""
