"""What is wrong with an installation: a check a topic, each told with what mends it.

Never: a change of what it looks at; a secret, an address of a person or a body in what it tells.
"""
