"""What jobs leave behind when they break, without naming whom they were about."""

import re
from collections.abc import Collection

from crossmarket.foundation.models import Job, JobLogLine

VALUES = re.compile(r"^\s*(?:DETAIL|CONTEXT|HINT|QUERY):.*$\n?", re.MULTILINE)
"""Lines in which PostgreSQL shows the values that it refused."""
TRACEBACK = "Traceback (most recent call last)"
FORGOTTEN = "[…]"


def without_values(text: str) -> str:
    """An error as it may be written down."""
    return VALUES.sub("", text)


def forget_words(words: Collection[str]) -> int:
    """Take these words out of the errors and tracebacks of all jobs; returns how many texts were changed."""
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True)))
    changed = 0
    for word in words:
        for job in Job.objects.filter(error__contains=word).iterator():
            changed += Job.objects.filter(pk=job.pk).update(error=pattern.sub(FORGOTTEN, job.error))
        lines = JobLogLine.objects.filter(message__contains=word, message__startswith=TRACEBACK)
        for line in lines.iterator():
            changed += JobLogLine.objects.filter(pk=line.pk).update(message=pattern.sub(FORGOTTEN, line.message))
    return changed
