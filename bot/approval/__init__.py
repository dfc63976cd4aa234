"""Replies of the bot that wait for a person's yes."""
