"""Profiles in the database: whose events they are made of, building them, and reading them."""
