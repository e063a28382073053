"""Filters of the audit trail."""

from django import template

from crossmarket.foundation import audit_words
from crossmarket.foundation.models import AuditEntry

register = template.Library()


@register.filter
def who_did(entry: AuditEntry) -> str:
    """Who did it, in words."""
    return audit_words.who(entry)
