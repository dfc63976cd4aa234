"""Who owns a conversation: the bot, the queue or a person; and what passes between people about it."""
