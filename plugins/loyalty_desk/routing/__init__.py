"""Routing: tickets of some members get a tag of ours and a priority, to be answered first.

Never: a change of what a person chose; a request to Gorgias where a store has no rules.
"""
