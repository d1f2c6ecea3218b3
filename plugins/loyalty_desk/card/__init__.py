"""What a loyalty card is: keys, classes, sentences, e-mail keys. Pure: no I/O, no clock."""
