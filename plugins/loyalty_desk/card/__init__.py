"""What a loyalty card is: its keys, its sentences, e-mail keys.

Never: I/O, a clock.
"""
