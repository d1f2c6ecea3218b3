"""The pages of the desk, one module a place in its navigation.

Never: a style or a script in a page.
"""
