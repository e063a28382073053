"""New platforms and courses, which no model knows yet: what the person likes first, then what others like."""

import pytest

from tests.partner import Partner, batch, event, item, new_partner
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[False, True], ids=["without a model", "with a model of other courses"])
def newcomer(request: pytest.FixtureRequest) -> Partner:
    """A platform that no model was trained with: cooking courses k0 to k4, and music courses m0 to m4."""
    if request.param:
        planted_partner("older")
        trained()
    partner = new_partner("newcomer")
    kitchen = [item(f"k{number}", category="烹饪") for number in range(5)]
    music = [item(f"m{number}", category="音乐") for number in range(5)]
    partner.post("/items", batch(*kitchen, *music))
    return partner


def test_courses_of_the_categories_that_a_person_learns_come_first(newcomer: Partner) -> None:
    newcomer.post("/events", batch(event(user_id="cook", item_id="k2")))
    answer = newcomer.recommended("cook", limit=4, lang="en")
    assert {each["item_id"] for each in answer["items"]} == {"k0", "k1", "k3", "k4"}
    assert {each["source"] for each in answer["items"]} == {"same_category"}
    assert {each["reason"] for each in answer["items"]} == {"In a category that you learn"}


def test_a_single_event_turns_the_very_next_list_round(newcomer: Partner) -> None:
    before = newcomer.recommended_ids("cook", limit=4)
    newcomer.post("/events", batch(event(user_id="cook", item_id="m1")))
    after = newcomer.recommended_ids("cook", limit=4)
    assert set(after) == {"m0", "m2", "m3", "m4"} != set(before)


def test_visitors_get_what_others_like_there_and_then_what_is_left(newcomer: Partner) -> None:
    newcomer.post("/events", batch(event(user_id="a", item_id="m3"), event(user_id="b", item_id="m3")))
    answer = newcomer.recommended(None, limit=10)
    assert (answer["items"][0]["item_id"], answer["items"][0]["source"]) == ("m3", "popular")
    assert len({each["item_id"] for each in answer["items"]}) == 10
    assert {each["source"] for each in answer["items"][1:]} == {"new"}
