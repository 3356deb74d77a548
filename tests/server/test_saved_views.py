"""Views of a project's table of runs, saved under a name."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from conftest import Client
from sqlalchemy import select
from visiting import HOSTILE, Visitor

from wandb_nb.server.storage import saved_views, users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.tables import views
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

PAGE = "/local/p"
VIEW = re.compile(r'<li><a href="(/local/p\?[^"]*)"( aria-current="page")?>([^<]+)</a>')
DELETE = re.compile(r'name="delete" value="(\d+)"')
QUERY = {"q": f"lr<0.1 {HOSTILE}", "state": "running", "sort": "-config.lr", "group": ["tags"], "column": ["config.lr"]}


@pytest.fixture
def visitor(client: Client) -> Visitor:
    """Return the first user as a visitor of a project with two runs."""
    for name, rate in (("a", 0.01), ("b", 0.5)):
        client.upsert(name, config=f'{{"lr": {{"value": {rate}}}, "width": {{"value": {rate}}}}}', tags=["t"])
    return Visitor(client)


def other(services: Services, name: str, right: Right) -> Visitor:
    """Return another user of the project."""
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, name, key)
        users.set_right(connection, "local", "p", name, right)
    return Visitor(Client(services, None), key)


def listed(visitor: Visitor, path: str = PAGE) -> dict[str, str]:
    """Return the addresses of the views in the menu by name."""
    return {unescape(name): unescape(address) for address, _, name in VIEW.findall(visitor.get(path).text)}


def test_a_view_is_the_same_table(visitor: Visitor) -> None:
    """A saved view is listed, its link shows the same search, order, groups and columns, and deleting removes it."""
    query = urlencode({**QUERY, "page": 7, "evil": "//example.org"}, doseq=True)
    answer = visitor.send(f"{PAGE}/views", name=f" {HOSTILE} ", query=query)
    assert answer.status_code == 303
    expected = f"{PAGE}?{urlencode(QUERY, doseq=True)}"
    assert answer.headers["location"] == expected
    assert listed(visitor) == {HOSTILE: expected}
    text = visitor.get(expected).text
    assert HOSTILE not in text
    assert VIEW.findall(text)[0][1]  # the current one
    assert 'title="config.lr"' in text
    assert 'title="config.width"' not in text
    assert '<input type="hidden" name="column" value="config.lr">' in text
    assert 'title="config.width"' in visitor.get(PAGE).text
    visitor.send(f"{PAGE}/views", name=HOSTILE, query="q=b")
    assert listed(visitor) == {HOSTILE: f"{PAGE}?q=b"}
    visitor.send(f"{PAGE}/views", delete=DELETE.findall(text)[0], query="q=b")
    assert listed(visitor) == {}


def test_views_of_others(visitor: Visitor, client: Client) -> None:
    """Others see shared views only, writers share, owners and administrators delete, and the rest is refused."""
    reader, writer = (other(client.services, *one) for one in (("reader", Right.READ), ("writer", Right.WRITE)))
    visitor.send(f"{PAGE}/views", name="mine", query="q=a")
    writer.send(f"{PAGE}/views", name="ours", query="q=b", shared="1")
    assert reader.send(f"{PAGE}/views", name="own", query="q=a").status_code == 303
    assert reader.send(f"{PAGE}/views", name="shared", query="q=a", shared="1").status_code == 403
    assert [set(listed(one)) for one in (visitor, writer, reader)] == [{"mine", "ours"}, {"ours"}, {"ours", "own"}]
    with client.services.database.read() as connection:
        ids = {row.name: str(row.id) for row in connection.execute(select(views))}
    assert reader.send(f"{PAGE}/views", delete=ids["ours"]).status_code == 403
    assert reader.send(f"{PAGE}/views", delete=ids["mine"]).status_code == 404
    assert visitor.send(f"{PAGE}/views", delete=ids["own"]).status_code == 404
    assert visitor.send(f"{PAGE}/views", delete=ids["ours"]).status_code == 303
    assert set(listed(reader)) == {"own"}
    visitor.send(f"{PAGE}/settings", access="open")
    guest = other(client.services, "guest", Right.NONE)
    assert guest.send(f"{PAGE}/views", name="guest", query="q=a").status_code == 403
    assert 'id="views"' not in guest.get(PAGE).text


def test_names_and_numbers_are_bounded(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names without visible text, long addresses and too many views are refused; a foreign form changes nothing."""
    for name in ("", "  ", "a\nb", "a\0b", "x" * 65):
        assert visitor.send(f"{PAGE}/views", name=name, query="q=a").status_code == 400
    assert visitor.send(f"{PAGE}/views", name="long", query=f"q={'a' * 20_000}").status_code == 400
    assert visitor.send(f"{PAGE}/views", name="foreign", query="q=a", token=HOSTILE).status_code == 403
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    assert visitor.send(f"{PAGE}/views", name="first", query="").status_code == 303
    assert visitor.send(f"{PAGE}/views", name="second", query="").status_code == 400
    assert visitor.send(f"{PAGE}/views", name="first", query="q=c").status_code == 303
    assert listed(visitor) == {"first": f"{PAGE}?q=c"}
