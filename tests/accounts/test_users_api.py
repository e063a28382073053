"""`POST /users`: what platforms tell of their users."""

import hashlib

import pytest

from accounts.models import LinkedAccount, Person
from tests.partner import Partner, batch, new_partner, problem

pytestmark = pytest.mark.django_db

HASH = hashlib.sha256(b"learner@example.com").hexdigest()


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def user(user_id: str = "u1") -> LinkedAccount:
    return LinkedAccount.objects.get(external_id=user_id)


def test_users_are_made_and_described(partner: Partner) -> None:
    response = partner.post(
        "/users", batch({"user_id": "u1", "traits": {"city": "杭州", "age": 30}}, {"user_id": "u2"})
    )
    assert response.status_code == 202
    assert response.json() == {"accepted": 2, "duplicates": 0, "rejected": []}
    assert user("u1").traits == {"city": "杭州", "age": 30}
    assert user("u2").traits == {}
    assert Person.objects.count() == 2


def test_what_is_left_out_stays_and_what_is_told_replaces(partner: Partner) -> None:
    partner.post("/users", batch({"user_id": "u1", "traits": {"city": "杭州"}, "email_sha256": HASH}))
    before = user()
    partner.post("/users", batch({"user_id": "u1"}))
    assert (user().traits, user().email_digest) == (before.traits, before.email_digest)
    partner.post("/users", batch({"user_id": "u1", "traits": {"level": 3}}))
    assert user().traits == {"level": 3}
    assert user().person_id == before.person_id


def test_of_a_user_told_of_twice_the_last_word_counts(partner: Partner) -> None:
    answer = partner.post("/users", batch(*({"user_id": "u1", "traits": {"n": n}} for n in range(3)))).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 2)
    assert user().traits == {"n": 2}


def test_contact_hashes_are_kept_under_a_key_of_ours(partner: Partner) -> None:
    partner.post("/users", batch({"user_id": "u1", "email_sha256": HASH, "phone_sha256": HASH.upper()}))
    account = user()
    assert account.email_digest == account.phone_digest
    assert len(account.email_digest.split(":")[1]) == 64
    assert HASH not in account.email_digest


def test_an_empty_text_takes_a_contact_back(partner: Partner) -> None:
    partner.post("/users", batch({"user_id": "u1", "email_sha256": HASH, "phone_sha256": HASH}))
    assert partner.post("/users", batch({"user_id": "u1", "email_sha256": ""})).json()["accepted"] == 1
    assert (user().email_digest, bool(user().phone_digest)) == ("", True)


def test_good_users_are_kept_though_others_are_bad(partner: Partner) -> None:
    bad = [
        ({"traits": {}}, "required_field"),
        ({"user_id": ""}, "invalid_field"),
        ({"user_id": "x" * 201}, "invalid_field"),
        ({"user_id": 7}, "invalid_field"),
        ({"user_id": "u2", "traits": []}, "invalid_field"),
        ({"user_id": "u2", "email_sha256": "learner@example.com"}, "invalid_field"),
        ({"user_id": "u2", "traits": {"a": "\0"}}, "invalid_character"),
        ("u2", "invalid_field"),
    ]
    answer = partner.post("/users", batch(*(entry for entry, _ in bad), {"user_id": "u1"})).json()
    assert answer["accepted"] == 1
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [
        (n, code) for n, (_, code) in enumerate(bad)
    ]
    assert [account.external_id for account in LinkedAccount.objects.all()] == ["u1"]


def test_a_number_of_10000_digits_is_refused(partner: Partner) -> None:
    body = b'{"batch": [{"user_id": "u1", "traits": {"n": %s}}]}' % (b"9" * 10_000)
    (rejected,) = partner.post("/users", body).json()["rejected"]
    assert rejected["code"] == "invalid_field"


def test_numbers_of_any_length_that_is_taken_can_be_read_again(partner: Partner) -> None:
    partner.post("/users", batch({"user_id": "u1", "traits": {"n": int("9" * 4_300)}}))
    assert user().traits["n"] == int("9" * 4_300)


def test_a_refused_request_leaves_no_trace(partner: Partner) -> None:
    problem(partner.post("/users", b'{"batch": [{"user_id": "u1"}, '), 400, "malformed_json")
    problem(partner.post("/users", batch(*[{"user_id": "u1"}] * 2_001)), 413, "too_many_entries")
    assert not LinkedAccount.objects.exists()
