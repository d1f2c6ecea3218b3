"""People's data: erased on request, kept out afterwards, and not kept longer than need be.

Never: a name or an address that outlives the erasure.
"""
