"""Ready answers for agents: what they say, where they find the card, how they would come out.

Never: the texts themselves; they are files below `include/macros/`.
"""
