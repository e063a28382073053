"""Values made readable; apart from the desk, for template tags load before unfold's admin does."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString


def pretty_json(value: Any) -> SafeString:
    """A value of JSON for the eye; a text is taken to be JSON and shown as it is when it is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return format_html('<pre class="desk-code">{}</pre>', value)
    return format_html('<pre class="desk-code">{}</pre>', json.dumps(value, ensure_ascii=False, indent=2))
