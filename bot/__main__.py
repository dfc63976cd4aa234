"""`python -m bot` is the `sotong` command."""

from bot.cli import main

main()
