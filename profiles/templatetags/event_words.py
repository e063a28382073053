"""Events in words, for templates."""

from django import template

from profiles.event_words import detail_of

register = template.Library()
register.filter("event_detail", detail_of)
