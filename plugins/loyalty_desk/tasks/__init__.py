"""One function a task, for the DAGs and the command line alike.

It opens connections and calls the features in turn; rules live there.
"""
