"""The pictures of the README and the docs, taken from the running product by `make pictures`."""
