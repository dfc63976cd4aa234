"""What everybody may see: how well the bot works, week by week, and the answers themselves."""
