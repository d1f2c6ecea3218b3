"""What shoppers are told on a card: sentences from files, in the language of each.

Never: what is known of a person; the card tells it.
"""
