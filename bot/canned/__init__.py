"""What operators say often, and what they may say now: canned replies and suggestions."""
