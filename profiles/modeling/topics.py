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

FEWEST_TOPICS, MOST_TOPICS = 12, 80
COURSES_A_TOPIC = 16
"""A topic is looked for in every so many courses, between the two numbers above."""
COMMON = 0.1
"""Words in a larger part of the texts say nothing of their topics, unless topics are so few that each is larger."""
TAG_WEIGHT = 3
"""How often a tag counts among the words of a text: it was chosen to tell what the course is about."""
MOST_WORDS = 4_000
MOST_TEXTS = 20_000
"""Topics are learned from so many courses at most, evenly chosen; all others are described by them."""
PASSES = 12
SMALLEST_PART = 0.08
FEWEST_IN_PART = 3.0
"""A topic with courses of several categories is parted, where such a share of it, and so many courses, are there."""
TAG = "#"
WORDS = re.compile(r"[a-z][a-z0-9+#.-]*[a-z0-9+#]|[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class CourseText:
    """What a course says of itself; `tags` are words chosen for people, and name topics."""

    title: str
    text: str
    tags: tuple[str, ...]
    category: str = ""


def tokens(text: str) -> list[str]:
    """The words of a text: pairs of neighbouring Chinese characters, and words of other scripts in small letters."""
    found: list[str] = []
    for run in WORDS.findall(text.lower()):
        if run[0] < "\u4e00":
            found.append(run)
        else:
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
    return found


def find_topics(courses: Sequence[CourseText], number: int | None = None) -> tuple[Floats, list[str]]:
    """The shares of topics in each course, shape (courses, topics), and a name for each topic.

    number: how many topics the texts are searched for; a topic that means different things in different categories
    (one word may) is parted by them, so that there may be more. Courses without a text have shares of 0. Without any
    text there is no topic.
    """
    number = min(number or _fitting(len(courses)), len(courses))
    step = max(1, -(-len(courses) // MOST_TEXTS))
    vectorizer = CountVectorizer(analyzer=_words, max_features=MOST_WORDS, max_df=max(COMMON, 1.0 / max(number, 1)))
    try:
        vectorizer.fit(courses[::step])
    except ValueError:  # scikit-learn's word for an empty vocabulary
        return np.zeros((len(courses), 0)), []
    counts = vectorizer.transform(courses)
    model = LatentDirichletAllocation(
        number, learning_method="online", max_iter=PASSES, batch_size=512, random_state=0
    ).fit(counts[::step])
    shares = model.transform(counts)
    shares[np.asarray(counts.sum(axis=1)).ravel() == 0] = 0.0
    words = vectorizer.get_feature_names_out()
    likeliest = [str(words[row.argmax()]).removeprefix(TAG) for row in model.components_]
    shares, parted = _parted(shares, [course.category for course in courses])
    return shares, _names(courses, shares, [likeliest[at] for at in parted])


def _fitting(courses: int) -> int:
    return min(max(courses // COURSES_A_TOPIC, FEWEST_TOPICS), MOST_TOPICS)


def _words(course: CourseText) -> list[str]:
    tags = [TAG + tag for tag in course.tags] * TAG_WEIGHT
    return tags + tokens(" ".join((course.title, *course.tags, course.text)))


def _parted(shares: Floats, categories: Sequence[str]) -> tuple[Floats, list[int]]:
    """Topics parted by the categories of their courses; and which topic each part was of.

    What is too little to be a part of its own stays with the largest part of its topic.
    """
    names, category = np.unique(np.array(categories, dtype=object).astype(str), return_inverse=True)
    mass = np.zeros((len(names), shares.shape[1]))
    np.add.at(mass, category, shares)
    columns: list[Floats] = []
    topics: list[int] = []
    for topic in range(shares.shape[1]):
        whole = mass[:, topic].sum()
        large = np.flatnonzero((mass[:, topic] >= SMALLEST_PART * whole) & (mass[:, topic] >= FEWEST_IN_PART))
        main = int(mass[:, topic].argmax())
        for each in sorted({*large.tolist(), main}):
            own = (category == each) | ((each == main) & ~np.isin(category, [*large, main]))
            columns.append(np.where(own, shares[:, topic], 0.0))
            topics.append(topic)
    return np.stack(columns, axis=1), topics


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
