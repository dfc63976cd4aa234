"""Finds the answers that may fit a citizen's question, and says how sure it is."""
