"""The content model: courses that nobody met are put where their descriptions say."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from recommend.algorithms.base import EmptyDataset, Histories, Interactions
from recommend.algorithms.content import Content
from recommend.algorithms.interactions import Descriptions
from tests.recommend.planted import quick

PEOPLE, COURSES, TASTES = 240, 120, 6
HIDDEN = np.arange(0, COURSES, 5)
"""A fifth of the courses, of every taste: nobody meets them in training."""
SUBJECTS = (
    "深度学习与神经网络",
    "古典诗词鉴赏",
    "基金投资与家庭理财",
    "瑜伽和正念冥想",
    "青春期家庭沟通",
    "高中物理实验",
)
OTHERWISE = ("循环卷积变换器", "唐宋词人名篇", "股票债券定投", "呼吸拉伸放松", "叛逆孩子父母", "力学电磁光学")
"""Other words of the same tastes: nobody who only compares texts knows that the two belong together."""


def taste_of(courses: np.ndarray) -> np.ndarray:
    """The taste that each course is for."""
    return courses % TASTES


def interactions(n_people: int = PEOPLE) -> Interactions:
    """Ten courses a person out of those not hidden, nine in ten of the person's taste."""
    random = np.random.default_rng(3)
    rows = []
    for person in range(n_people):
        chances = np.where(taste_of(np.arange(COURSES)) == person % TASTES, 9.0, 0.2)
        chances[HIDDEN] = 0
        rows += [(person, item) for item in random.choice(COURSES, 10, replace=False, p=chances / chances.sum())]
    users, items = np.array(rows, dtype=np.int32).T
    ones, times = np.ones(len(rows), np.float32), np.arange(len(rows), dtype=np.float64)
    return Interactions(users, items, ones, times, n_people, COURSES)


def with_words(world: Interactions) -> Interactions:
    """Half of the courses of each taste are described in one way, half in the other."""
    random = np.random.default_rng(5)
    filler = ["这门课程适合初学者", "主讲老师在线答疑", "每周更新一节", "配有练习和小结"]
    texts = [
        f"{(SUBJECTS if course % 4 < 2 else OTHERWISE)[course % TASTES]} {random.choice(filler)}"
        for course in range(COURSES)
    ]
    nothing = [""] * COURSES
    return replace(world, descriptions=Descriptions(texts, nothing, nothing, nothing))


def measured(seed: int) -> np.ndarray:
    """Numbers of which a few tell the taste, among noise."""
    random = np.random.default_rng(seed)
    told = random.normal(size=(TASTES, 8))[taste_of(np.arange(COURSES))]
    return np.hstack([told + random.normal(scale=0.3, size=told.shape), random.normal(size=(COURSES, 8))])


def with_numbers(world: Interactions, field: str) -> Interactions:
    """Only what was measured is known of courses, and of every seventh not even that."""
    numbers = measured(1).astype(np.float32)
    numbers[::7] = np.nan
    nothing = [""] * COURSES
    return replace(world, descriptions=Descriptions(nothing, nothing, nothing, nothing, **{field: numbers}))


def share_found(model: Content, world: Interactions) -> float:
    """Of the hidden courses that come first for people, how many are of their taste; by chance one in six."""
    scores = model.scores(world.histories(np.arange(60)))[:, HIDDEN]
    best = HIDDEN[np.argsort(-scores, axis=1)[:, :4]]
    return float(np.mean(taste_of(best) == (np.arange(60) % TASTES)[:, None]))


@pytest.fixture(scope="module")
def world() -> Interactions:
    return with_words(interactions())


@pytest.fixture(scope="module")
def model(world) -> Content:
    return Content(Content.configure({"factors": 16})).fit(world)


def test_courses_that_nobody_met_find_the_people_they_are_for(model, world):
    assert share_found(model, world) > 0.9


@pytest.mark.parametrize("field", ["pictures", "sounds", "sentences"])
def test_covers_sounds_and_sentences_alone_tell_too(field):
    world = with_numbers(interactions(), field)
    assert share_found(Content(Content.configure({"factors": 16})).fit(world), world) > 0.7


def test_what_is_left_out_tells_nothing():
    world = with_numbers(interactions(), "pictures")
    model = Content(Content.configure({"factors": 16, "picture_weight": 0})).fit(world)
    assert share_found(model, world) < 0.4


def test_categories_teachers_and_kinds_are_words_as_well():
    world = interactions()
    nothing = [""] * COURSES
    names = [f"第 {course % TASTES} 类" for course in range(COURSES)]
    for field in ("categories", "teachers", "kinds"):
        told = dict(texts=["一门课"] * COURSES, categories=nothing, teachers=nothing, kinds=nothing) | {field: names}
        described = replace(world, descriptions=Descriptions(**told))
        assert share_found(Content(Content.configure({"factors": 16})).fit(described), described) > 0.9


def test_what_people_did_joins_what_is_described_in_different_words(model):
    """Somebody who met courses in one wording is given unmet ones in the other wording as well."""
    taste = 2
    own = [course for course in range(COURSES) if course % TASTES == taste and course % 4 < 2 and course % 5]
    other = [course for course in HIDDEN if course % TASTES == taste and course % 4 >= 2]
    strange = [course for course in HIDDEN if course % TASTES != taste]
    scores = model.scores(Histories.single(own[:4]))[0]
    assert min(scores[other]) > np.quantile(scores[strange], 0.95)


def test_unmet_courses_in_a_history_count_as_well(model):
    unmet = [course for course in HIDDEN if taste_of(course) == 1][:2]
    scores = model.scores(Histories.single(unmet))[0]
    scores[unmet] = -np.inf
    assert np.mean(taste_of(np.argsort(-scores)[:8]) == 1) > 0.9


def test_met_and_unmet_courses_share_the_lists(model, world):
    scores = model.scores(world.histories(np.arange(60)))
    scores[np.repeat(np.arange(60), 10), world.items[:600]] = -np.inf
    first = np.argsort(-scores, axis=1)[:, :10]
    assert 0.1 < np.isin(first, HIDDEN).mean() < 0.6, "a fifth of the courses"


def test_a_course_moves_from_where_its_description_puts_it_as_people_meet_it(world):
    """Described as of taste 0, but met by those of taste 3: with enough of them it is theirs."""
    liars, fans = int(HIDDEN[0]), np.arange(3, PEOPLE, TASTES)
    shares = []
    for count in (0, len(fans)):
        met = replace(
            world,
            users=np.append(world.users, fans[:count]).astype(np.int32),
            items=np.append(world.items, np.full(count, liars)).astype(np.int32),
            weights=np.append(world.weights, np.ones(count, np.float32)),
            times=np.append(world.times, np.arange(count) + 1e6),
        )
        model = Content(Content.configure({"factors": 16})).fit(met)
        own, others = (model.scores(world.histories(np.arange(taste, 60, TASTES)))[:, liars].mean() for taste in (0, 3))
        shares.append(own > others)
    assert shares == [True, False]


def test_without_a_history_what_is_or_is_expected_to_be_popular_comes_first(model, world):
    scores = model.scores(Histories.single([]))[0]
    assert scores.argmax() == np.bincount(world.items).argmax()
    assert (scores[HIDDEN] > 0).all(), "as popular as courses described like them"


def test_it_says_that_it_knows_courses_nobody_met(model):
    assert model.knows_unmet
    assert not quick("ease").knows_unmet


def test_without_descriptions_it_says_so(world):
    nothing = [""] * COURSES
    for descriptions in (None, Descriptions(nothing, nothing, nothing, ["course"] * COURSES)):
        with pytest.raises(EmptyDataset, match="describe some first"):
            Content().fit(replace(world, descriptions=descriptions))


def test_the_same_seed_gives_the_same_model(model, world):
    again = Content(Content.configure({"factors": 16})).fit(world)
    histories = world.histories(np.arange(5))
    np.testing.assert_allclose(again.scores(histories), model.scores(histories), rtol=1e-5)


def test_answering_needs_no_dictionary(model, tmp_path):
    """Neither jieba nor scikit-learn nor PyTorch is loaded by those who only answer."""
    model.save(tmp_path)
    code = (
        "import sys, pathlib; from recommend.algorithms.registry import algorithm;"
        "from recommend.algorithms.interactions import Histories;"
        f"model = algorithm('content').load(pathlib.Path({str(tmp_path)!r}));"
        "model.scores(Histories.single([1, 2])); model.similar(3);"
        "print([name for name in ('jieba', 'sklearn', 'scipy', 'torch', 'PIL', 'django') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cutting_texts_prints_nothing(capfd):
    code = (
        "import numpy as np; from recommend.algorithms.course_words import word_matrix;"
        "from recommend.algorithms.interactions import Descriptions;"
        "said = Descriptions(['机器学习入门', '机器学习实战'], ['', ''], ['', ''], ['', '']);"
        "assert word_matrix(said, lambda *report: None).shape == (2, 2)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
