"""Logins end at the logout, and keys cannot be guessed at will."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conftest import Client
from visiting import FORM, Visitor

from wandb_nb.server.http.login_limit import MAX_FAILURES
from wandb_nb.server.storage import users
from wandb_nb.server.storage.tables import sessions

if TYPE_CHECKING:
    import pytest

    from wandb_nb.server.http.services import Services


def login(services: Services, key: str) -> tuple[int, str | None, str]:
    """Try *key*; return status, Retry-After and page."""
    answer = Client(services, None).send("POST", "/login", content=f"key={key}", headers=FORM)
    return answer.status_code, answer.headers.get("retry-after"), answer.text


def test_a_logged_out_cookie_is_not_valid(client: Client) -> None:
    """A copy of the cookie is invalid after the logout; the user's other browsers stay logged in."""
    first, second = Visitor(client), Visitor(client)
    assert first.send("/logout").status_code == 303
    assert [visitor.get("/").status_code for visitor in (first, second)] == [303, 200]
    assert first.get("/local/p/runs/a/data").status_code == 403


def test_sessions_are_bounded(services: Services) -> None:
    """A user who logs in repeatedly has at most a hundred sessions, the newest."""
    with services.database.write() as connection:
        user = users.user_by_id(connection, 1)
        assert user is not None
        session_ids = [users.begin_session(connection, user) for _ in range(105)]
        assert {row.id for row in connection.execute(sessions.select())} == set(session_ids[5:])


def test_cookies_of_earlier_versions_end(client: Client) -> None:
    """A cookie without a session asks for a new login."""
    visitor = Visitor(client)
    name = visitor.cookie.partition("=")[0]
    visitor.cookie = f"{name}={client.services.signer.sign('login', [1, 'x'])}"
    assert visitor.get("/").status_code == 303


def test_failed_logins_are_limited(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten wrong keys an address must wait, even with the right key, and the answer gives the time."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    key = (services.folder / "key").read_text()
    assert [login(services, f"wrong{number}")[0] for number in range(MAX_FAILURES)] == [401] * MAX_FAILURES
    status, wait, page = login(services, key)
    assert (status, wait, "Try again in 60 seconds" in page) == (429, "60", True)
    now += 61
    assert login(services, key)[0] == 303


def test_one_key_is_limited_at_all_addresses(services: Services) -> None:
    """A wrong key is refused after ten attempts from any addresses; other keys are not affected."""
    for number in range(MAX_FAILURES):
        services.login_limit.add_failure(f"10.0.0.{number}", "wrong")
    assert login(services, "wrong")[0] == 429
    assert login(services, "other")[0] == 401
