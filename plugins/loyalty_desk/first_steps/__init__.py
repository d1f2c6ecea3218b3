"""The check-list of a store's set-up: what is done, what is next, and how it is known.

Never: a request to Gorgias or a platform; a state that says more than what was seen.
"""
