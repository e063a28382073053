"""A platform's mapping makes its own events and items into ours: units, names and times, and never by guessing."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.ingest.events import parse_events
from profiles.ingest.items import parse_items
from profiles.ingest.mapping import EXAMPLES, OWN_NAMES, MappingError, Unmappable, mapper_for, read_document
from profiles.ingest.mapping.document import EventMapping, ItemMapping
from profiles.ingest.mapping.units import UNITS

PLAIN: dict[str, Any] = {"type": "kind", "user_id": "who", "timestamp": "at"}
ENTRY = {"kind": "view", "who": "u1", "at": "2026-03-01T20:15:00+08:00"}


def document(**fields: Any) -> str:
    """A mapping of events; None leaves a field out."""
    declared = {name: field for name, field in (PLAIN | fields).items() if field is not None}
    return json.dumps({"format": 1, "event": declared})


def mapped(entry: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return mapper_for(document(**fields), "event", "Asia/Shanghai").map(ENTRY | entry)


def value_of(found: Any, **rule: Any) -> Any:
    return mapped({"x": found}, value={"from": "x", **rule})["value"]


def refusal(entry: dict[str, Any], **fields: Any) -> str:
    with pytest.raises(Unmappable) as refused:
        mapped(entry, **fields)
    return str(refused.value)


def outcome(work: Callable[[], Any]) -> Any:
    """What comes of it: a result, or how it was refused; everything else breaks the test."""
    try:
        return work()
    except (MappingError, Unmappable) as refused:
        return refused


def faults(text: str) -> dict[str, str]:
    with pytest.raises(MappingError) as refused:
        read_document(text)
    return {fault.path: fault.detail for fault in refused.value.faults}


class TestTheExamples:
    """Two shapes with other names, units and clocks than ours, and with each other's."""

    def test_the_course_site_counts_in_yuan_by_the_clock_of_shanghai(self) -> None:
        example = EXAMPLES["course_site"]
        event = mapper_for(example.document, "event").map(json.loads(example.event))
        assert event == {
            "message_id": "XH-20260301-000017",
            "type": "purchase",
            "user_id": "100231",
            "item_id": "PY-101",
            "value": 9990,
            "timestamp": "2026-03-01T12:15:00+00:00",
            "context": {"device": "phone", "seconds": 150},
        }

    def test_the_audio_app_counts_in_milliseconds_and_dollars(self) -> None:
        example = EXAMPLES["audio_app"]
        event = mapper_for(example.document, "event").map(json.loads(example.event))
        assert event.pop("message_id").startswith("made-")
        assert event == {
            "type": "complete",
            "user_id": "aud-77f1",
            "item_id": "48213",
            "value": 1,
            "timestamp": "2026-03-01T12:15:00+00:00",
            "context": {"device": "ios/13", "listened_seconds": 1800},
        }
        item = mapper_for(example.document, "item").map(json.loads(example.item))
        assert (item["price"], item["currency"], item["teacher"]) == (499, "USD", "Ann Lee, Bo Hart")
        assert (item["tags"], item["available"]) == (["Music", "Jazz"], True)

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_what_comes_of_their_samples_is_taken(self, name: str) -> None:
        example = EXAMPLES[name]
        event = mapper_for(example.document, "event").map(json.loads(example.event))
        item = mapper_for(example.document, "item").map(json.loads(example.item))
        assert not parse_events([msgspec.json.encode(event)]).rejected
        assert not parse_items([msgspec.json.encode(item)]).rejected


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "theirs", "ours"),
        [
            ("yuan->fen", 99.9, 9990),
            ("yuan->fen", "0.10", 10),
            ("yuan->fen", 1.1, 110),
            ("jiao->fen", 5, 50),
            ("dollars->cents", 4.35, 435),
            ("percent->share", 87.5, 0.875),
            ("percent->share", 100, 1),
            ("ten_points->stars", 9, 4.5),
            ("milliseconds->seconds", 1500, 1.5),
            ("minutes->seconds", 2.5, 150),
        ],
    )
    def test_they_are_converted_exactly(self, unit: str, theirs: Any, ours: float) -> None:
        assert value_of(theirs, unit=unit) == ours

    def test_a_part_of_a_fen_is_refused_not_rounded(self) -> None:
        assert "19.999 yuan are no whole number of fen" in refusal(
            {"x": 19.999}, value={"from": "x", "unit": "yuan->fen"}
        )

    @pytest.mark.parametrize("found", ["", None])
    def test_what_they_do_not_say_is_left_out_and_never_zero(self, found: Any) -> None:
        assert "value" not in mapped({"x": found}, value={"from": "x", "unit": "yuan->fen"})

    @pytest.mark.parametrize("found", ["many", "1,299.00", "NaN", "1e5", True, [1], {"a": 1}, 10**400, "9" * 10_000])
    def test_what_is_no_number_is_told(self, found: Any) -> None:
        assert refusal({"x": found}, value={"from": "x", "unit": "yuan->fen"}).startswith("/value: ")

    @given(st.decimals(min_value=0, max_value=10**9, places=2), st.booleans())
    def test_any_amount_of_yuan_keeps_every_fen(self, amount: Any, as_text: bool) -> None:
        theirs = str(amount) if as_text else float(amount)
        assert value_of(theirs, unit="yuan->fen") == int(amount * 100)


class TestNames:
    TABLE = {"from": "kind", "values": {"play": "view", "7": "like", "true": "share"}}

    @pytest.mark.parametrize(("theirs", "ours"), [("play", "view"), (7, "like"), (True, "share")])
    def test_their_names_become_ours(self, theirs: Any, ours: str) -> None:
        assert mapped({"kind": theirs}, type=self.TABLE)["type"] == ours

    def test_a_name_that_nobody_declared_stays_unknown(self) -> None:
        told = refusal({"kind": "hum"}, type=self.TABLE)
        assert told == "/type: 'hum' is none of the values that the mapping knows (from `kind`)."

    def test_unless_the_mapping_says_what_it_is(self) -> None:
        assert mapped({"kind": "hum"}, type=self.TABLE | {"otherwise": "click"})["type"] == "click"

    def test_the_first_rule_counts_whose_condition_holds(self) -> None:
        rules = [{"when": "sort == 'a'", "from": "`1`"}, {"when": "sort == 'b'", "from": "`2`"}]
        assert [mapped({"sort": sort}, value=rules).get("value") for sort in "abc"] == [1, 2, None]

    def test_zero_holds_as_in_jmespath(self) -> None:
        assert mapped({"n": 0}, value=[{"when": "n", "from": "`1`"}, {"from": "`2`"}])["value"] == 1

    def test_a_name_in_the_context_may_have_any_characters(self) -> None:
        assert mapped({"a": 1}, context={"a/b~c": "a"})["context"] == {"a/b~c": 1}


class TestTimes:
    @pytest.mark.parametrize(
        ("theirs", "rule"),
        [
            (1772367300, {"time": "seconds"}),
            ("1772367300", {"time": "seconds"}),
            (1772367300000, {"time": "milliseconds"}),
            (1772367300000000, {"time": "microseconds"}),
            ("2026-03-01T12:15:00Z", {"time": "iso"}),
            ("2026-03-01T20:15:00+08:00", {}),
            ("2026-03-01 20:15:00", {"time": "local"}),
            ("2026-03-01T07:15:00", {"time": "local", "timezone": "America/New_York"}),
            ("01/03/2026 20h15", {"time": "local", "pattern": "%d/%m/%Y %Hh%M"}),
            ("2026-03-01T12:15:00+00:00", {"time": "local"}),
        ],
    )
    def test_all_ways_to_write_a_moment_are_the_same_moment(self, theirs: Any, rule: dict[str, str]) -> None:
        found = mapped({"at": theirs}, timestamp={"from": "at", **rule})["timestamp"]
        assert datetime.fromisoformat(found) == datetime(2026, 3, 1, 12, 15, tzinfo=UTC)

    def test_a_time_without_offset_is_not_guessed(self) -> None:
        assert "has no offset; declare the time as local" in refusal({"at": "2026-03-01T20:15:00"})

    def test_an_hour_that_the_clocks_leapt_over_is_none(self) -> None:
        rule = {"from": "at", "time": "local", "timezone": "America/New_York"}
        assert "the clocks leapt over it" in refusal({"at": "2026-03-08T02:30:00"}, timestamp=rule)

    def test_an_hour_that_comes_twice_is_the_first(self) -> None:
        rule = {"from": "at", "time": "local", "timezone": "America/New_York"}
        assert mapped({"at": "2026-11-01T01:30:00"}, timestamp=rule)["timestamp"] == "2026-11-01T05:30:00+00:00"

    @pytest.mark.parametrize("theirs", [10**14, -(10**14), "soon", "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
    @pytest.mark.parametrize("time_format", ["seconds", "local"])
    def test_what_is_no_moment_is_told_or_told_as_iso(self, theirs: Any, time_format: str) -> None:
        rule = {"from": "at", "time": time_format}
        found = outcome(lambda: mapped({"at": theirs}, timestamp=rule)["timestamp"])
        assert found.path == "/timestamp" if isinstance(found, Unmappable) else found.endswith("+00:00")


class TestMessageIds:
    def test_without_one_the_same_entry_gets_the_same_id_in_whatever_order(self) -> None:
        one, other = mapped({"a": 1, "b": 2}), mapped({"b": 2, "a": 1})
        assert one["message_id"] == other["message_id"] != mapped({"a": 1, "b": 3})["message_id"]

    def test_one_that_is_declared_and_missing_is_not_made_up(self) -> None:
        assert "message_id" not in mapped({}, message_id="id")


class TestDocuments:
    """Whoever writes one is told all that is wrong, by its path."""

    def test_all_faults_are_told_at_once(self) -> None:
        told = faults(
            document(
                user_id="((",
                value=[{"from": "a", "unit": "yen->pounds"}, {"from": "b", "when": "nothing("}],
                timestamp={"from": "t", "time": "local", "timezone": "Mars/Base", "pattern": "%Q"},
                item_id={"from": "f(x)", "otherwise": "a"},
            )
        )
        assert set(told) == {
            "/event/user_id",
            "/event/value/0/unit",
            "/event/value/1/when",
            "/event/timestamp/timezone",
            "/event/timestamp/pattern",
            "/event/item_id/from",
            "/event/item_id/otherwise",
        }
        assert "yuan->fen" in told["/event/value/0/unit"]

    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("{", ""),
            ("[]", ""),
            ('{"format": 2}', "/format"),
            ('{"format": 1}', ""),
            ('{"format": 1, "timezone": "../etc/passwd", "item": {"item_id": "a", "title": "b"}}', "/timezone"),
            ('{"format": 1, "events": {}}', ""),
            ('{"format": 1, "event": {"type": "a", "user_id": "b"}}', "/event"),
            ('{"format": 1, "item": {"item_id": "a", "title": 5}}', "/item/title"),
            ("[" * 100_000, ""),
            ('"' + "x" * 70_000 + '"', ""),
            ('"\\ud800"', ""),
        ],
    )
    def test_what_is_none_is_told_where(self, text: str, path: str) -> None:
        assert path in faults(text)

    def test_one_subject_is_enough_and_the_other_is_then_refused(self) -> None:
        with pytest.raises(MappingError, match="/item: The mapping declares no item"):
            mapper_for(document(), "item")

    def test_our_own_names_are_a_mapping_of_every_field(self) -> None:
        declared = read_document(OWN_NAMES)
        for mapping, fields in ((declared.event, EventMapping), (declared.item, ItemMapping)):
            assert all(getattr(mapping, name) is not None for name in fields.__struct_fields__)


DOUBLING = "|".join(["[@, @]"] * 30)
LOOPS = "map(&map(&map(&map(&length(@), `{0}`), `{0}`), `{0}`), `{0}`)".format("[" + ",".join(["[1]"] * 25) + "]")


class TestBounds:
    """No mapping and no entry can take the machine: the work is counted, and expressions are small."""

    @pytest.mark.parametrize(
        "expression",
        ["a" * 501, "a" + ".a" * 90, "(" * 300, DOUBLING, "a" + "[0]" * 100, "!" * 400 + "a", "nothing(a)", ""],
    )
    def test_expressions_that_could_are_no_part_of_a_mapping(self, expression: str) -> None:
        assert "/event/item_id" in faults(document(item_id=expression))

    def test_loops_within_loops_end_early(self) -> None:
        started = time.process_time()
        assert "would take too long" in refusal({}, context={"x": LOOPS})
        assert time.process_time() - started < 5

    def test_expressions_that_do_not_fit_an_entry_are_told(self) -> None:
        assert refusal({"x": 5}, item_id="join('-', x)").startswith("/item_id: it does not fit this entry")

    @settings(max_examples=150, deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
            max_leaves=12,
        ),
        st.sampled_from(["course_site", "audio_app"]),
        st.sampled_from(["event", "item"]),
    )
    def test_any_entry_is_mapped_or_told(self, entry: Any, name: str, subject: Any) -> None:
        sample = json.loads(getattr(EXAMPLES[name], subject))
        for tried in (entry, {**sample, **dict.fromkeys(list(sample)[::2], entry)}):
            found = outcome(lambda tried=tried: mapper_for(EXAMPLES[name].document, subject).map(tried))
            assert str(found) if isinstance(found, Unmappable) else msgspec.json.encode(found)

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="ab.[]{}()@&|*?!`'\",:0-9=<> ", max_size=60))
    def test_any_text_is_an_expression_or_is_told(self, text: str) -> None:
        entry = ENTRY | {"a": [{"b": 1}], "b": {"a": "x"}}
        assert str(outcome(lambda: mapper_for(document(context={"x": text}), "event").map(entry)))

    @given(st.sampled_from(sorted(UNITS)), st.integers() | st.floats() | st.text(max_size=40))
    def test_any_value_has_a_unit_or_is_told(self, unit: str, found: Any) -> None:
        outcome_of_it = outcome(lambda: value_of(found, unit=unit) if found != "" else 0)
        assert isinstance(outcome_of_it, int | float | Unmappable)
