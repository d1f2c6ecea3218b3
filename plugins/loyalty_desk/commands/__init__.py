"""The command line: reads arguments, calls a task or a feature, prints. No SQL, no HTTP."""
