"""The operators' pages; `build_console` is all that the program needs of them."""

from bot.console.app import build_console

__all__ = ["build_console"]
