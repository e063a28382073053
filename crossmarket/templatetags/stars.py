"""Ratings as stars."""

from django import template
from django.template.defaultfilters import floatformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def stars(rating: float) -> SafeString:
    """Five stars filled up to the rating (1 to 5), read aloud as words."""
    words = gettext("%(rating)s out of 5 stars") % {"rating": floatformat(rating, -1)}
    return format_html(
        '<span class="stars" role="img" aria-label="{}" style="--filled:{}%">★★★★★</span>', words, round(rating * 20)
    )
