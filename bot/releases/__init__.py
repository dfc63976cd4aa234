"""Immutable releases of the content: storing, unpacking, activating, comparing."""
