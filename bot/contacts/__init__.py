"""Messages and contacts that citizens leave when nobody can answer them now."""
