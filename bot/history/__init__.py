"""Everything that was ever said: finding it, and what the bot said on a day."""
