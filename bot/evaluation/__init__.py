"""How well the bot does: scores, and the pages and plots that show them."""
