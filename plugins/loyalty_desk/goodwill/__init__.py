"""What points and credits by hand cost, and what the points of all members come to.

Never: a sum that claims more than the platform told, or a name of a member in one.
"""
