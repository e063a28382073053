"""Keys: hashed, shown once, revoked and rotated at once in every process."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import known_keys
from accounts.models import ApiKey, KeyKind
from accounts.services.keys import digest_of, issue_key, revoke_key, rotate_key
from accounts.services.platform_changes import renew_signing_secret, save_platform
from crossmarket.foundation import generations
from tests.factories import PlatformFactory
from tests.partner import ORIGIN, Partner, new_partner, problem
from tests.side_by_side import side_by_side


@pytest.fixture
def partner(db: None) -> Partner:
    return new_partner()


@pytest.mark.django_db
class TestWhatIsKept:
    def test_the_token_is_nowhere_in_the_database(self) -> None:
        issued = issue_key(PlatformFactory(), KeyKind.SECRET, "server")
        assert issued.token.startswith("sk_")
        (row,) = ApiKey.objects.values()
        assert not [value for value in row.values() if isinstance(value, str) and issued.token in value]
        assert row["digest"] == digest_of(issued.token)
        assert issued.token.startswith(row["hint"])
        assert len(row["hint"]) <= 8

    def test_no_two_keys_are_the_same(self) -> None:
        platform = PlatformFactory()
        assert len({issue_key(platform, KeyKind.PUBLISHABLE).token for _ in range(20)}) == 20

    def test_a_key_with_a_lifetime_ends_by_itself(self, partner: Partner) -> None:
        issued = issue_key(partner.platform, KeyKind.SECRET, lifetime=timedelta(hours=1))
        assert partner.get("/recommendations", key=issued.token).status_code == 200
        ApiKey.objects.filter(pk=issued.key.pk).update(expires_at=timezone.now())
        generations._renew(generations.API_KEYS)
        problem(partner.get("/recommendations", key=issued.token), 401, "invalid_key")

    def test_a_key_that_ends_while_a_process_remembers_it_ends(self, partner: Partner) -> None:
        partner.get("/recommendations")
        known = known_keys.find(digest_of(partner.secret_key))
        assert known is not None
        known.key.expires_at = timezone.now()
        problem(partner.get("/recommendations"), 401, "invalid_key")


@pytest.mark.django_db(transaction=True)
class TestChanges:
    def test_a_revoked_key_is_refused_in_the_very_next_call(self) -> None:
        partner = new_partner()
        assert partner.get("/recommendations").status_code == 200
        revoke_key(ApiKey.objects.get(digest=digest_of(partner.secret_key)))
        problem(partner.get("/recommendations"), 401, "invalid_key")

    def test_another_process_that_remembers_it_refuses_it_too(self) -> None:
        partner = new_partner()
        assert partner.get("/recommendations").status_code == 200  # this process remembers the key now
        key = ApiKey.objects.get(digest=digest_of(partner.secret_key))
        side_by_side(lambda: revoke_key(key))
        problem(partner.get("/recommendations"), 401, "invalid_key")

    def test_after_rotation_both_work_for_the_overlap_and_then_only_the_new_one(self) -> None:
        partner = new_partner()
        old = ApiKey.objects.get(digest=digest_of(partner.secret_key))
        new = rotate_key(old, timedelta(hours=1))
        assert (new.key.kind, new.key.name) == (old.kind, old.name)
        for token in (partner.secret_key, new.token):
            assert partner.get("/recommendations", key=token).status_code == 200
        known = known_keys.find(digest_of(partner.secret_key))
        assert known is not None
        assert timedelta(minutes=59) < known.key.expires_at - timezone.now() <= timedelta(hours=1)

    def test_rotation_without_overlap_ends_the_old_one_now(self) -> None:
        partner = new_partner()
        partner.get("/recommendations")
        new = rotate_key(ApiKey.objects.get(digest=digest_of(partner.secret_key)), timedelta(0))
        problem(partner.get("/recommendations"), 401, "invalid_key")
        assert partner.get("/recommendations", key=new.token).status_code == 200

    def test_rotation_never_gives_a_key_more_time(self) -> None:
        soon = issue_key(PlatformFactory(), KeyKind.SECRET, lifetime=timedelta(minutes=5)).key
        end = soon.expires_at
        rotate_key(soon, timedelta(days=1))
        soon.refresh_from_db()
        assert soon.expires_at == end

    def test_an_origin_that_is_taken_away_is_refused_in_the_very_next_call(self) -> None:
        partner = new_partner()
        assert partner.browse("GET", "/recommendations").status_code == 200
        partner.platform.origins = []
        save_platform(partner.platform, ["origins"])
        problem(partner.browse("GET", "/recommendations"), 403, "origin_not_allowed")
        partner.platform.origins = [ORIGIN]
        save_platform(partner.platform, ["origins"])
        assert partner.browse("GET", "/recommendations").status_code == 200

    def test_tokens_signed_with_a_secret_that_was_renewed_are_refused(self) -> None:
        partner = new_partner()
        old = partner.user_token("u1")
        assert partner.browse("GET", "/recommendations", X_User_Token=old).status_code == 200
        renew_signing_secret(partner.platform)
        problem(partner.browse("GET", "/recommendations", X_User_Token=old), 401, "invalid_user_token")
        assert partner.browse("GET", "/recommendations", user_id="u1").status_code == 200

    def test_a_thread_that_looked_before_the_change_leaves_nothing_behind(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        partner = new_partner()
        digest = digest_of(partner.secret_key)
        read = known_keys.read

        def read_slowly(digest: str) -> ApiKey | None:
            found = read(digest)
            monkeypatch.setattr(known_keys, "read", read)
            revoke_key(ApiKey.objects.get(digest=digest))
            _in_a_thread(lambda: partner.get("/recommendations"))
            return found

        monkeypatch.setattr(known_keys, "read", read_slowly)
        known_keys.find(digest)
        problem(partner.get("/recommendations"), 401, "invalid_key")


def _in_a_thread(work: Callable[[], object]) -> None:
    from django.db import connection

    def whole() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=whole)
    thread.start()
    thread.join()
