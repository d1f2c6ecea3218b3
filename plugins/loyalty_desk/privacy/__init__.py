"""People's data: erased on request, kept out afterwards, and not kept longer than need be."""
