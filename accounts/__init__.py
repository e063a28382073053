"""Who: users, persons, platforms, linked accounts, consent and API keys."""
