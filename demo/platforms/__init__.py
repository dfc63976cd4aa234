"""Messengers as HTTP servers that speak their documented wire format: to try out, test and load the bot."""
