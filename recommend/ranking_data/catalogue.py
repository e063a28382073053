"""All courses in words and numbers, as the ranker looks at them."""

from collections.abc import Iterator

import numpy as np
from django.db.models.functions import Length

from profiles.models import Course
from recommend.ranking.courses import Described

CHUNK = 5_000


def read() -> Described:
    """Every course that was described or met, ids ascending; platforms are named by their ids."""
    rows = list(_rows())
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)]
    ids, platforms, categories, kinds, teachers, prices, published, lengths = columns
    return Described(
        ids=np.array(ids, dtype=np.int64),
        categories=categories,
        kinds=kinds,
        teachers=teachers,
        platforms=[str(platform) for platform in platforms],
        price=np.array([np.nan if price is None else price for price in prices], dtype=np.float32),
        published=np.array([np.nan if at is None else at.timestamp() for at in published], dtype=np.float64),
        length=np.array(lengths, dtype=np.float32),
    )


def _rows() -> Iterator[tuple[object, ...]]:
    courses = Course.objects.order_by("pk").annotate(length=Length("text"))
    names = ("pk", "platform_id", "category", "kind", "teacher", "price", "published_at", "length")
    yield from courses.values_list(*names).iterator(chunk_size=CHUNK)
