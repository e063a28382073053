"""Who may call the partner API, and what everybody else is told."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import LinkedAccount
from tests.outages import without_redis
from tests.partner import ORIGIN, Partner, batch, event, new_partner, problem

pytestmark = pytest.mark.django_db

FAR = datetime(2126, 1, 1, tzinfo=UTC)


@pytest.fixture
def partner() -> Partner:
    return new_partner()


class TestKeys:
    @pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "sk_123", "Bearersk_1"])
    def test_a_call_without_a_key_is_a_401(self, client: Client, header: str) -> None:
        response = client.get("/api/v1/recommendations", headers={"Authorization": header} if header else {})
        told = response.json()["code"]
        problem(response, 401, told)
        assert told in ("missing_key", "invalid_key")
        assert response.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("key", ["sk_unheard", "pk_unheard", "x" * 5_000, "密钥", "sk_\x00", "' OR 1=1 --"])
    def test_a_key_that_nobody_made_is_a_401(self, partner: Partner, key: str) -> None:
        problem(partner.get("/recommendations", key=key), 401, "invalid_key")

    def test_the_scheme_may_be_written_in_any_letters(self, client: Client, partner: Partner) -> None:
        sent = {"Authorization": f"bearer  {partner.secret_key} "}
        assert client.get("/api/v1/recommendations", headers=sent).status_code == 200

    def test_a_secret_key_works_without_any_origin(self, partner: Partner) -> None:
        assert partner.get("/recommendations?user_id=u1").status_code == 200

    @pytest.mark.parametrize("path", ["/items", "/users"])
    def test_only_servers_describe_things(self, partner: Partner, path: str) -> None:
        problem(partner.browse("POST", path, batch(), user_id="u1"), 403, "secret_key_required")
        problem(partner.browse("PUT", "/items/c1", {}, user_id="u1"), 403, "secret_key_required")

    def test_a_method_that_is_not_there_is_a_405_with_those_that_are(self, partner: Partner) -> None:
        response = partner.delete("/events")
        problem(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "POST"

    def test_without_redis_keys_are_read_from_the_database(self, partner: Partner, tmp_path: Path) -> None:
        with without_redis(tmp_path):
            assert partner.get("/recommendations").status_code == 200
            problem(partner.get("/recommendations", key="sk_unheard"), 401, "invalid_key")
            problem(
                partner.browse("GET", "/recommendations", Origin="https://other.example"), 403, "origin_not_allowed"
            )
            problem(partner.browse("GET", "/recommendations", X_User_Token="x"), 401, "invalid_user_token")


class TestOrigins:
    def test_pages_of_the_platform_may_call(self, partner: Partner) -> None:
        assert partner.browse("GET", "/recommendations").status_code == 200

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "null",
            "http://shop.example",
            f"{ORIGIN}:8443",
            f"{ORIGIN}.evil.example",
            f"{ORIGIN}/",
        ],
    )
    def test_pages_of_other_origins_may_not(self, partner: Partner, origin: str) -> None:
        problem(partner.browse("GET", "/recommendations", user_id="u1", Origin=origin), 403, "origin_not_allowed")

    def test_a_publishable_key_without_an_origin_is_refused(self, partner: Partner) -> None:
        problem(partner.get("/recommendations", key=partner.publishable_key), 403, "origin_not_allowed")

    def test_our_own_pages_may_call(self, partner: Partner) -> None:
        assert partner.browse("GET", "/recommendations", Origin="http://testserver").status_code == 200

    def test_browsers_may_ask_beforehand(self, client: Client) -> None:
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,x-user-token",
        }
        response = client.options("/api/v1/recommendations", headers=asked)
        assert response.status_code == 200
        assert "x-user-token" in response.headers["Access-Control-Allow-Headers"]

    def test_browsers_may_read_refusals_too(self, partner: Partner) -> None:
        response = partner.browse("GET", "/recommendations", Origin="https://evil.example")
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def signed(partner: Partner, claims: Any, algorithm: str = "HS256", secret: str | None = None) -> str:
    return jwt.encode(claims, partner.platform.signing_secret if secret is None else secret, algorithm=algorithm)


def shown(partner: Partner, token: str) -> HttpResponse:
    return partner.browse("GET", "/recommendations", X_User_Token=token)


class TestUserTokens:
    def soon(self, **more: Any) -> dict[str, Any]:
        return {"exp": datetime.now(UTC) + timedelta(minutes=5), **more}

    def test_a_browser_acts_for_the_person_of_its_token(self, partner: Partner) -> None:
        assert partner.browse("GET", "/recommendations?user_id=u1", user_id="u1").status_code == 200
        assert partner.browse("POST", "/events", batch(event(user_id="u1")), user_id="u1").status_code == 202

    def test_without_a_token_there_is_only_what_visitors_see(self, partner: Partner) -> None:
        assert partner.browse("GET", "/recommendations").status_code == 200
        problem(partner.browse("GET", "/recommendations?user_id=u1"), 403, "not_this_user")
        problem(partner.browse("POST", "/events", batch(event())), 403, "user_token_required")
        problem(partner.browse("PUT", "/users/u1/consents", {}), 403, "not_this_user")
        problem(partner.browse("POST", "/users/u1/link-codes"), 403, "not_this_user")
        problem(partner.browse("POST", "/links", {"user_id": "u1", "code": "X"}), 403, "not_this_user")
        problem(partner.browse("DELETE", "/users/u1/links"), 403, "not_this_user")
        assert not LinkedAccount.objects.exists()

    def test_a_browser_acts_for_nobody_else(self, partner: Partner) -> None:
        problem(partner.browse("GET", "/recommendations?user_id=u2", user_id="u1"), 403, "not_this_user")
        problem(partner.browse("PUT", "/users/u2/consents", {}, user_id="u1"), 403, "not_this_user")
        problem(partner.browse("POST", "/users/u2/link-codes", user_id="u1"), 403, "not_this_user")
        problem(partner.browse("POST", "/links", {"user_id": "u2", "code": "X"}, user_id="u1"), 403, "not_this_user")
        problem(partner.browse("DELETE", "/users/u2/links", user_id="u1"), 403, "not_this_user")
        assert not LinkedAccount.objects.exists()

    def test_an_expired_one_is_refused(self, partner: Partner) -> None:
        late = signed(partner, {"sub": "u1", "exp": datetime.now(UTC) - timedelta(minutes=2)})
        problem(shown(partner, late), 401, "expired_user_token")

    def test_clocks_may_differ_a_little(self, partner: Partner) -> None:
        late = signed(partner, {"sub": "u1", "exp": datetime.now(UTC) - timedelta(seconds=10)})
        assert shown(partner, late).status_code == 200
        full_day = signed(partner, {"sub": "u1", "exp": datetime.now(UTC) + timedelta(hours=24, seconds=10)})
        assert shown(partner, full_day).status_code == 200

    def test_one_of_more_than_24_hours_is_refused(self, partner: Partner) -> None:
        for end in (datetime.now(UTC) + timedelta(hours=24, minutes=2), FAR):
            problem(shown(partner, signed(partner, {"sub": "u1", "exp": end})), 401, "invalid_user_token")

    def test_one_signed_by_somebody_else_is_refused(self, partner: Partner) -> None:
        other = new_partner("other")
        problem(shown(partner, signed(other, self.soon(sub="u1"))), 401, "invalid_user_token")
        with_public_key = signed(partner, self.soon(sub="u1"), secret=partner.publishable_key)
        problem(shown(partner, with_public_key), 401, "invalid_user_token")

    def test_one_that_is_not_signed_is_refused(self, partner: Partner) -> None:
        problem(shown(partner, signed(partner, self.soon(sub="u1"), "none", "")), 401, "invalid_user_token")

    @pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_other_algorithms_are_refused(self, partner: Partner, algorithm: str) -> None:
        problem(shown(partner, signed(partner, self.soon(sub="u1"), algorithm)), 401, "invalid_user_token")

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "u1"},
            {"sub": "u1", "exp": None},
            {"sub": "u1", "exp": "soon"},
            {"sub": "u1", "exp": "99999999999"},
            {"sub": "u1", "exp": []},
            {"sub": "u1", "exp": {}},
            {"sub": "u1", "exp": float("inf")},
            {"sub": "u1", "exp": 10**400},
            {"sub": "u1", "exp": True},
            {"exp": 1},
        ],
    )
    def test_one_without_a_proper_end_is_refused(self, partner: Partner, claims: dict[str, Any]) -> None:
        response = shown(partner, self.raw(partner, claims))
        assert response.status_code == 401
        problem(response, 401, response.json()["code"])

    @pytest.mark.parametrize("sub", [None, 7, ["u1"], {"id": "u1"}, True, "", "x" * 201, "a\0b", "\ud800"])
    def test_one_that_names_no_user_is_refused(self, partner: Partner, sub: Any) -> None:
        problem(shown(partner, self.raw(partner, {"sub": sub, "exp": self.end()})), 401, "invalid_user_token")

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    def test_other_claims_of_odd_types_are_refused(self, partner: Partner, name: str) -> None:
        for odd in ([], {}, "x", 10**400):
            claims = {"sub": "u1", "exp": self.end(), name: odd}
            problem(shown(partner, self.raw(partner, claims)), 401, "invalid_user_token")

    @pytest.mark.parametrize("claims", [[], "u1", 5, None])
    def test_claims_that_are_no_object_are_refused(self, partner: Partner, claims: Any) -> None:
        problem(shown(partner, self.raw(partner, claims)), 401, "invalid_user_token")

    @pytest.mark.parametrize(
        "token",
        ["x", "a.b.c", "...", "..", "🦌", base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.e30"],
        ids=["a letter", "letters", "dots", "two dots", "no latin", "nested"],
    )
    def test_rubbish_is_refused(self, partner: Partner, token: str) -> None:
        problem(shown(partner, token), 401, "invalid_user_token")

    def test_a_user_id_may_have_any_letters(self, partner: Partner) -> None:
        for user_id in ("小鹿", "a/b", "x" * 200, " ", "🦌"):
            assert partner.browse("POST", "/events", batch(event(user_id=user_id)), user_id=user_id).json()["accepted"]

    def end(self) -> int:
        return int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())

    def raw(self, partner: Partner, claims: Any) -> str:
        """Signed as it is, without the library's own checks of claims."""
        return jwt.api_jws.encode(json.dumps(claims).encode(), partner.platform.signing_secret, algorithm="HS256")
