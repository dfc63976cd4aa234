"""Several gateways on one database: who is there, whose a conversation is, who does what runs once."""
