"""The loyalty programme itself, whichever platform's API it is asked through."""
