"""The people of the console: roles, log-in, audit."""
