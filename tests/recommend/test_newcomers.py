"""People without a history get what others like of whom the same is said, if they agree to it."""

import pytest

from profiles.models import Event
from recommend.serving import newcomers
from tests.partner import Partner, batch, event
from tests.recommend.trained import GROUPS, ITEMS, LEARNERS, planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)

CITIES = ("杭州", "成都", "北京")


def traits(**of_user: dict[str, object]) -> dict[str, object]:
    """A batch of users with their traits."""
    return batch(*({"user_id": user, "traits": told} for user, told in of_user.items()))


@pytest.fixture
def shop() -> Partner:
    """Learners of three cities, each with a taste of its own."""
    partner = planted_partner()
    told = traits(**{f"l{number}": {"city": CITIES[number % GROUPS]} for number in range(LEARNERS)})
    assert partner.post("/users", told).json()["accepted"] == LEARNERS
    trained("popularity")
    return partner


def of_group(answer: list[str], group: int) -> int:
    """How many of the first courses are of a group."""
    return sum(int(course[1:]) % GROUPS == group for course in answer[: ITEMS // GROUPS])


@pytest.mark.parametrize("group", range(GROUPS))
def test_those_who_are_alike_like_the_same(shop: Partner, group: int) -> None:
    shop.post("/users", traits(new={"city": CITIES[group]}))
    assert of_group(shop.recommended_ids("new"), group) == ITEMS // GROUPS
    assert {each["source"] for each in shop.recommended("new", limit=4)["items"]} == {"popular"}


def test_what_somebody_did_counts_more(shop: Partner) -> None:
    trained("ease")
    shop.post("/users", traits(new={"city": CITIES[0]}))
    before = shop.recommended_ids("new")
    assert of_group(before, 0) == 4
    shop.post("/events", batch(event(user_id="new", item_id="c1"), event(user_id="new", item_id="c4")))
    assert of_group(shop.recommended_ids("new"), 0) < 4


def test_strangers_and_those_of_whom_nothing_is_said_get_what_all_like(shop: Partner) -> None:
    shop.post("/users", traits(new={"nickname": "新来的"}, odd={"city": 7, "language": ["zh"]}))
    for_all = shop.recommended_ids("")
    assert shop.recommended_ids("new") == shop.recommended_ids("odd") == for_all
    shop.post("/users", traits(lonely={"city": "一个没有别人的城市"}))
    assert shop.recommended_ids("lonely") == for_all


def test_whoever_does_not_agree_to_recommendations_is_nobody_in_particular(shop: Partner) -> None:
    shop.post("/users", traits(new={"city": CITIES[1]}))
    shop.put("/users/new/consents", {"recommendation": False, "policy_version": "1"})
    assert shop.recommended_ids("new") == shop.recommended_ids("")


def test_a_trait_counts_as_soon_as_it_is_told_and_no_longer_than_it_is(shop: Partner) -> None:
    for group in (0, 2):
        shop.post("/users", traits(new={"city": CITIES[group]}))
        assert of_group(shop.recommended_ids("new"), group) == 4


def test_of_a_few_people_nothing_is_told(shop: Partner) -> None:
    few = Event.objects.filter(account__external_id__in=[f"l{3 * number}" for number in range(9)])
    Event.objects.filter(account__traits__city=CITIES[0]).exclude(pk__in=few.values("pk")).delete()
    assert newcomers._read(shop.platform.pk, shop.platform.pk, ("city", CITIES[0])) == newcomers.NOTHING
    assert newcomers._read(shop.platform.pk, shop.platform.pk, ("city", CITIES[1])).total > 0


def test_only_what_may_be_used_is_counted(shop: Partner) -> None:
    for number in range(0, LEARNERS, GROUPS):
        shop.put(f"/users/l{number}/consents", {"recommendation": False, "policy_version": "1"})
    assert newcomers._read(shop.platform.pk, shop.platform.pk, ("city", CITIES[0])) == newcomers.NOTHING
