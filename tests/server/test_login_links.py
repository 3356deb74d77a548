"""Login links: one login each, for minutes, and never by merely loading the address."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import HOST, Client
from playwright.sync_api import expect
from visiting import FORM

from wandb_nb.server.login_links import VALID_SECONDS, UsedLink, new_link, use_link

if TYPE_CHECKING:
    import httpx
    from playwright.sync_api import Page
    from visiting import Site

    from wandb_nb.server.http.services import Services


@pytest.fixture
def link(services: Services) -> str:
    """Return a new link of the first user."""
    (services.folder / "url").write_text(HOST)
    return new_link(services.folder)


def token_of(link: str) -> str:
    """Return the token in the fragment of *link*."""
    return link.partition("#")[2]


def post(services: Services, token: str, **headers: str) -> httpx.Response:
    """Send the form of the page that the link opens."""
    return Client(services, None).send("POST", "/login", content=f"link={token}", headers={**FORM, **headers})


def test_a_link_logs_in_once(services: Services, link: str) -> None:
    """The form sets the cookie of a login; sent again, it is refused with the command that prints a new link."""
    first, second = post(services, token_of(link)), post(services, token_of(link))

    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert Client(services, None).send("GET", "/", headers={"Cookie": cookie}).status_code == 200
    assert (second.status_code, "set-cookie" in second.headers) == (401, False)
    assert "wandb-nb server login-link" in second.text


def test_a_link_of_a_server_behind_a_proxy(services: Services, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the address that the operator names, since users cannot reach the server's own."""
    assert link.startswith("http://127.0.0.1:8090/login#")
    monkeypatch.setenv("WANDB_NB_SERVER_URL", "https://wandb.example/")
    assert new_link(services.folder).startswith("https://wandb.example/login#")


def test_loading_the_address_uses_nothing_up(services: Services, link: str) -> None:
    """Programs that load the address, with the fragment dropped or in the query, leave the link as it was."""
    client = Client(services, None)
    for path in ("/login", f"/login?{token_of(link)}", f"/login?link={token_of(link)}"):
        assert "set-cookie" not in client.send("GET", path).headers
        assert client.send("HEAD", path).status_code == 200

    assert post(services, token_of(link)).status_code == 303


def test_of_many_requests_one_succeeds(services: Services, link: str) -> None:
    """Requests at the same moment do not log in twice."""
    used: list[UsedLink | None] = []
    threads = [
        threading.Thread(target=lambda: used.append(use_link(services.folder, token_of(link)))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [link.user for link in used if link is not None] == ["local"]
    assert len(used) == 20


def test_a_link_expires(services: Services, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten minutes the link is not valid, and a new one removes what is left of it."""
    later = time.time() + VALID_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    new_link(services.folder)

    assert post(services, token_of(link)).status_code == 401
    assert len(list((services.folder / "login-links").iterdir())) == 1


def test_another_site_cannot_use_a_link(services: Services, link: str) -> None:
    """A form of another site is refused, by its origin or by what the browser reports of it; the link remains."""
    refused = [
        post(services, token_of(link), Origin="http://evil.example").status_code,
        post(services, token_of(link), **{"Sec-Fetch-Site": "cross-site"}).status_code,
    ]

    assert refused == [421, 403]
    assert post(services, token_of(link), Origin=HOST).status_code == 303


@pytest.mark.parametrize("token", ["", "..", "../key", "a/b", "x" * 5000, "é", "%00"])
def test_crafted_tokens_are_refused(services: Services, token: str) -> None:
    """Whatever is sent as a token reads no file of the folder and logs nobody in."""
    assert post(services, token).status_code == 401


def test_the_files_reveal_no_token(services: Services, link: str) -> None:
    """Only the owner reads the folder, and neither names nor contents of its files contain a valid token or key."""
    folder = services.folder / "login-links"
    (file,) = folder.iterdir()
    key = (services.folder / "key").read_text()

    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert token_of(link) not in file.name + file.read_text()
    assert key not in link + file.read_text()


def test_links_end_with_a_changed_key(services: Services, link: str) -> None:
    """`server users --new-key` and `--revoke` end all links, and a link of a user who is gone logs nobody in."""
    command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(services.folder), "users", "local", "--new-key"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    assert post(services, token_of(link)).status_code == 401
    assert post(services, token_of(new_link(services.folder, "nobody"))).status_code == 401


def test_guesses_are_limited(services: Services, link: str) -> None:
    """Wrong tokens count as failed logins of their address."""
    statuses = [post(services, f"guess{number}").status_code for number in range(11)]

    assert statuses == [401] * 10 + [429]
    assert link


@pytest.mark.browser
def test_a_link_in_a_browser(site: Site, page: Page, noises: list[str]) -> None:
    """The page takes the token out of the address, waits for a click, logs in, and works no second time."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + str(request.headers)))
    link = new_link(site.folder)
    page.goto(link)
    button = page.locator("#link-form button")
    button.wait_for()

    assert page.url == f"{site.url}/login"
    page.wait_for_function("() => document.activeElement.textContent === 'Log in'")
    expect(page.locator("#key-form")).to_be_hidden()
    button.click()
    page.wait_for_selector("h1:has-text('Projects')")
    assert not [one for one in sent if token_of(link) in one]
    assert not [name for name in page.context.cookies() if token_of(link) in str(name) or not name["httpOnly"]]

    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(link)
    button.click()
    page.get_by_text("was used already or has expired").wait_for()
    noises[:] = [noise for noise in noises if "401" not in noise]  # Chromium reports the refusal


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_login_page_for_axe(site: Site, page: Page, scheme: str) -> None:
    """axe-core finds nothing on the login page, with a key and with a link."""
    root = Path(__file__).parents[2]
    axe = (root / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8")
    page.emulate_media(color_scheme=scheme)
    for name, address in (("key", f"{site.url}/login"), ("link", new_link(site.folder))):
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector(f"#{name}-form button")
        page.evaluate(axe)
        assert page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)") == []
        (root / "test-artifacts").mkdir(exist_ok=True)
        page.screenshot(path=root / "test-artifacts" / f"server-login-{name}-{scheme}.png")
