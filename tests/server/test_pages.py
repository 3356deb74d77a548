"""The pages: behind a login, with hostile texts as texts, and live."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    from conftest import Client

HOSTILE = "<script>alert(1)</script>\"'&"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    """A browser that logged in."""

    def __init__(self, client: Client) -> None:
        key = (client.services.folder / "key").read_text()
        client.headers = {}
        self.client = client
        self.answer = client.send("POST", "/login", content=f"key={key}", headers=FORM)
        self.cookie = self.answer.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.send(method, path, headers={"Cookie": self.cookie, **headers})


@pytest.fixture
def browser(client: Client) -> Browser:
    """Return a browser before a server with a hostile run and a plain one."""
    config = json.dumps({HOSTILE: {"value": HOSTILE}, "lr": {"value": 0.1}})
    client.upsert("a", displayName=HOSTILE, notes=HOSTILE, tags=[HOSTILE], groupName=HOSTILE, config=config)
    client.rows("a", 0, *(json.dumps({"_step": n, "loss": n / 2, "_runtime": n, "bad": HOSTILE}) for n in range(9)))
    client.stream("a", files={"output.log": {"offset": 0, "content": ["one", HOSTILE]}})
    summary = json.dumps({"loss": 4, HOSTILE: HOSTILE})
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": [summary]}})
    client.upsert("b", displayName="plain", config='{"lr": {"value": 0.2}}')
    client.stream("b", complete=True, exitcode=1)
    return Browser(client)


def header_of(message: bytes) -> Any:
    """Return the header of a message."""
    return json.loads(message[4 : 4 + struct.unpack("<I", message[:4])[0]])


def test_login_gives_a_cookie_and_no_key(browser: Browser) -> None:
    """The cookie cannot be read by scripts, does not travel from other sites, and holds no key."""
    cookie = browser.answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert (browser.client.services.folder / "key").read_text() not in cookie
    assert browser.answer.status_code == 303


def test_without_login_there_is_only_the_form(browser: Browser) -> None:
    """Pages lead to the login, data is refused, a wrong key and a forged cookie are refused."""
    for cookie in ("", "wandb_nb_login=forged", browser.cookie[:-2]):
        for path in ("/", "/local/p", "/local/p/runs/a", "/local/p/runs/a/log"):
            got = browser.get(path, Cookie=cookie)
            assert (got.status_code, got.headers.get("location")) == (303, "/login")
        assert browser.get("/local/p/runs/a/data", Cookie=cookie).status_code == 403
        assert browser.get("/local/p/runs/a/stop", "POST", Cookie=cookie).status_code == 403
    assert browser.client.send("POST", "/login", content="key=x", headers=FORM).status_code == 401


def test_the_cookie_is_no_key_for_the_api(browser: Browser) -> None:
    """What a page's cookie opens are pages: a forged form of another site can change nothing."""
    assert browser.get("/graphql", "POST").status_code == 401
    assert browser.get("/local/p/runs/a/stop", "POST", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/local/p", "/local/p?q=%3Cscript%3Ealert(1)&sort=-config.lr", "/local/p/runs/a"]
)
def test_hostile_texts_stay_texts(browser: Browser, path: str) -> None:
    """Names, notes, tags, config, console and queries come out escaped, under a policy that runs no inline script."""
    got = browser.get(path)
    assert got.status_code == 200
    assert "<script>alert" not in got.text
    assert got.headers["content-security-policy"].startswith("default-src 'self'")
    assert "nosniff" in got.headers["x-content-type-options"]


def test_the_table_searches_filters_and_sorts(browser: Browser) -> None:
    """The project's page keeps the runs that are asked for, in the order that is asked for."""

    def shown(query: str) -> list[str]:
        text = browser.get(f"/local/p?{query}").text
        return sorted(("plain", "/runs/a"), key=text.find) if "plain" in text and "/runs/a" in text else [text]

    assert shown("sort=%2Bconfig.lr") == ["/runs/a", "plain"]
    assert shown("sort=-config.lr") == ["plain", "/runs/a"]
    assert "/runs/a" not in browser.get("/local/p?q=plain").text
    assert "plain</a>" not in browser.get("/local/p?state=running").text
    assert browser.get("/local/p?sort=nonsense").status_code == 400
    assert browser.get("/local/none").status_code == 404


def test_a_page_follows_its_run(browser: Browser, client: Client) -> None:
    """Data comes in the views' messages: all at first, what is new after a cursor, all again after a rewrite."""
    first = header_of(browser.get("/local/p/runs/a/data?cursor=").content)
    (loss,) = (series for series in first["series"] if series["key"] == "loss")
    assert (loss["n"], loss["mode"], first["run"]["state"], first["summary"]["loss"]) == (9, "replace", "running", 4)
    key = (client.services.folder / "key").read_text()
    client.headers = {"Authorization": f"Bearer {key}"}
    client.rows("a", 9, '{"_step": 9, "loss": 1, "_runtime": 9}')
    client.headers = {}
    second = header_of(browser.get(f"/local/p/runs/a/data?cursor={first['cursor']}").content)
    (loss,) = second["series"]
    assert (loss["mode"], loss["columns"]["value"][1]) == ("append", 1)
    assert second["config"] is None
    client.headers = {"Authorization": f"Bearer {key}"}
    client.rows("a", 0, '{"_step": 0, "loss": 7, "_runtime": 0}')
    client.headers = {}
    third = header_of(browser.get(f"/local/p/runs/a/data?cursor={second['cursor']}").content)
    assert [series["mode"] for series in third["series"] if series["key"] == "loss"] == ["replace"]
    assert header_of(browser.get("/local/p/runs/b/data").content)["done"]


def test_stop_from_a_page(browser: Browser, client: Client) -> None:
    """The page's stop reaches the run at its next post."""
    assert browser.get("/local/p/runs/a/stop", "POST").json() == {"asked": True}
    client.headers = {"Authorization": f"Bearer {(client.services.folder / 'key').read_text()}"}
    assert client.stream("a").json()["stopped"] is True
