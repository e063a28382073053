"""The desk of who: platforms and their keys, users, persons and their accounts, and what platforms are told."""

from accounts.admin import accounts, deliveries, joinings, matches, platforms, users, webhooks

__all__ = ["accounts", "deliveries", "joinings", "matches", "platforms", "users", "webhooks"]
