"""Tables of the people of the console."""
