"""The desk of who: platforms and their keys, users, persons and their accounts."""

from accounts.admin import accounts, platforms, users

__all__ = ["accounts", "platforms", "users"]
