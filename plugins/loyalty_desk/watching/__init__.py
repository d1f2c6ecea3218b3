"""What an installation tells those who watch it: metrics and gauges.

Never: anything about a person.
"""
