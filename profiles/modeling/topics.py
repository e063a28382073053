"""Topics of courses, found in their texts by latent Dirichlet allocation (Blei, Ng and Jordan, JMLR 2003).

Chinese is written without spaces: its runs are cut into pairs of characters, which needs no dictionary and serves every
subject; other scripts are cut into words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.feature_extraction.text import CountVectorizer

from profiles.modeling.columns import Floats

TOPICS = 20
MOST_WORDS = 4_000
MOST_TEXTS = 20_000
"""Topics are learned from so many courses at most, evenly chosen; all others are described by them."""
PASSES = 12
WORDS = re.compile(r"[a-z][a-z0-9+#.-]*[a-z0-9+#]|[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class CourseText:
    """What a course says of itself; `tags` are words chosen for people, and name topics."""

    title: str
    text: str
    tags: tuple[str, ...]


def tokens(text: str) -> list[str]:
    """The words of a text: pairs of neighbouring Chinese characters, and words of other scripts in small letters."""
    found: list[str] = []
    for run in WORDS.findall(text.lower()):
        if run[0] < "\u4e00":
            found.append(run)
        else:
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
    return found


def find_topics(courses: Sequence[CourseText], number: int = TOPICS) -> tuple[Floats, list[str]]:
    """The shares of topics in each course, shape (courses, topics), and a name for each topic.

    Courses without a text have shares of 0. Without any text there is no topic.
    """
    texts = [" ".join((course.title, *course.tags, course.text)) for course in courses]
    step = max(1, -(-len(texts) // MOST_TEXTS))
    vectorizer = CountVectorizer(analyzer=tokens, max_features=MOST_WORDS, max_df=0.5 if len(texts) > 10 else 1.0)
    try:
        vectorizer.fit(texts[::step])
    except ValueError:  # scikit-learn's word for an empty vocabulary
        return np.zeros((len(texts), 0)), []
    counts = vectorizer.transform(texts)
    model = LatentDirichletAllocation(
        min(number, len(texts)), learning_method="online", max_iter=PASSES, batch_size=512, random_state=0
    ).fit(counts[::step])
    shares = model.transform(counts)
    shares[np.asarray(counts.sum(axis=1)).ravel() == 0] = 0.0
    words = vectorizer.get_feature_names_out()
    likeliest = [str(words[row.argmax()]) for row in model.components_]
    return shares, _names(courses, shares, likeliest)


def _names(courses: Sequence[CourseText], shares: Floats, otherwise: list[str]) -> list[str]:
    """The tag that tells most of each topic, each tag once; the likeliest word where no tag does."""
    tags = sorted({tag for course in courses for tag in course.tags})
    number = {tag: at for at, tag in enumerate(tags)}
    rows = np.array([row for row, course in enumerate(courses) for _tag in course.tags], dtype=np.int64)
    columns = np.array([number[tag] for course in courses for tag in course.tags], dtype=np.int64)
    weight = np.zeros((shares.shape[1], len(tags)))
    np.add.at(weight.T, columns, shares[rows])
    lift = weight * weight / np.maximum(weight.sum(axis=0, keepdims=True), 1e-9)
    names: list[str] = list(otherwise)
    for _topic in range(min(shares.shape[1], len(tags))):
        topic, tag = np.unravel_index(lift.argmax(), lift.shape)
        if lift[topic, tag] <= 0:
            break
        names[topic] = tags[tag]
        lift[topic], lift[:, tag] = -1.0, -1.0
    return names
