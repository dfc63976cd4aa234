"""Tables of the releases."""
