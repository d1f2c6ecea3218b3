"""What a loyalty card is: keys, classes, sentences, e-mail keys.

Never: I/O, a clock.
"""
