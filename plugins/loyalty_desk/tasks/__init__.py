"""One function a task, for the DAGs, the command line and the scripts alike: it opens connections
and calls the features in turn.

Never: rules; they live in the features.
"""
