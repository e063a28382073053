"""Recommenders as plain mathematics: numbers in, numbers out, no Django and no database."""
