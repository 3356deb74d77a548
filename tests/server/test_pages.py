"""The pages: behind a login, with hostile texts as texts, and their data."""

from __future__ import annotations

import json
import re
import struct
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from visiting import FORM, UPLOAD, Visitor

from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from conftest import Client

    from wandb_nb.view.message.run_message import Message

RUN = "/local/p/runs/a"
PAGES = [
    "/",
    "/local/p",
    "/local/p?q=%3Cscript%3Ealert(1)&sort=-config.lr",
    "/local/p?group=group",
    "/local/p?group=config.lr&sort=-duration",
    RUN,
    f"{RUN}/overview",
    f"{RUN}/system",
    f"{RUN}/console",
    f"{RUN}/files",
    f"{RUN}/code",
]


def header_of(message: bytes) -> Any:
    """Return the header of a message."""
    return json.loads(message[4 : 4 + struct.unpack("<I", message[:4])[0]])


def with_key(client: Client) -> dict[str, str]:
    """Return the header with the first user's key."""
    return {"Authorization": f"Bearer {(client.services.folder / 'key').read_text()}"}


def upload(client: Client, run: str, files: dict[str, bytes]) -> None:
    """Upload *files* to a run with the first user's key."""
    client.headers = with_key(client)
    for file in client.query(UPLOAD, run=run, files=list(files))["createRunFiles"]["files"]:
        assert client.send("PUT", file["uploadUrl"], content=files[file["name"]]).status_code == 200
    client.headers = {}


def shown_runs(visitor: Visitor, query: str) -> list[str]:
    """Return the ids of the runs in the project's table."""
    return re.findall(r'<tr data-run="([^"]+)"', visitor.get(f"/local/p?{query}").text)


def test_login_gives_a_cookie_and_no_key(browser: Visitor) -> None:
    """Scripts cannot read the cookie, other sites cannot send it, and it contains no key."""
    cookie = browser.answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert (browser.client.services.folder / "key").read_text() not in cookie
    assert browser.answer.status_code == 303


def test_without_login_there_is_only_the_form(browser: Visitor) -> None:
    """Pages and forms redirect to the login; data, events, a wrong key and a forged cookie are refused."""
    for cookie in ("", "wandb_nb_login=forged", browser.cookie[:-2]):
        for path in PAGES:
            got = browser.get(path, Cookie=cookie)
            assert (got.status_code, got.headers.get("location")) == (303, "/login")
        for path in ("data", "sampled", "system/data", "events", "../../events"):
            assert browser.get(f"{RUN}/{path}", Cookie=cookie).status_code == 403
        assert browser.get(f"{RUN}/stop", "POST", Cookie=cookie).headers["location"] == "/login"
    assert browser.client.send("POST", "/login", content="key=x", headers=FORM).status_code == 401


def test_logout_forgets_the_cookie(browser: Visitor) -> None:
    """After the logout form the browser has no login."""
    sent = browser.send("/logout")
    assert sent.headers["location"] == "/login"
    assert "Max-Age=0" in sent.headers["set-cookie"]


@pytest.mark.parametrize("path", PAGES)
def test_hostile_texts_stay_texts(browser: Visitor, path: str) -> None:
    """Names, notes, tags, config, console and queries are escaped, under a policy without inline scripts."""
    got = browser.get(path)
    assert got.status_code == 200
    assert "<script>alert" not in got.text
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    assert "nosniff" in got.headers["x-content-type-options"]


def test_each_page_has_its_own_nonce(browser: Visitor) -> None:
    """The nonce for one page's styles is invalid in another answer."""
    nonces = [re.findall(r"'nonce-([^']+)'", browser.get("/").headers["content-security-policy"]) for _ in range(2)]
    assert nonces[0] != nonces[1]


def test_the_table_searches_filters_and_sorts(browser: Visitor) -> None:
    """The project's page shows the matching runs in the requested order."""
    assert shown_runs(browser, "sort=%2Bconfig.lr") == ["a", "b"]
    assert shown_runs(browser, "sort=-config.lr") == ["b", "a"]
    assert shown_runs(browser, "q=plain") == ["b"]
    assert shown_runs(browser, "q=lr%3E0.15") == ["b"]
    assert shown_runs(browser, "state=running") == ["a"]
    assert browser.get("/local/p?sort=nonsense").status_code == 400
    assert browser.get("/local/none").status_code == 404


def test_the_table_groups(browser: Visitor) -> None:
    """Each value of the key has its own row with the count and means of its runs, and a link to them."""
    text = browser.get("/local/p?group=config.lr").text
    assert re.findall(r'scope="rowgroup"[^>]*><span class="quiet">lr</span> ([\d.]+)', text) == ["0.1", "0.2"]
    assert shown_runs(browser, "group=config.lr") == ["a", "b"]


def test_groups_have_pages(browser: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more groups than a page has, each page links to the next one and to the one before."""
    for module in ("run_groups", "run_table"):
        monkeypatch.setattr(f"wandb_nb.server.query.{module}.GROUPS_OF_A_PAGE", 1)
    first = browser.get("/local/p?group=config.lr").text
    assert " of 2 groups" in first
    (following,) = re.findall(r'<a href="([^"]+)" rel="next">', first)
    second = browser.get("/local/p" + unescape(following)).text
    assert " of 2 groups" in second
    assert (shown_runs(browser, unescape(following)[1:]), 'rel="prev"' in second) == (["b"], True)


def test_columns_are_remembered(browser: Visitor) -> None:
    """The chosen columns are there at the next visit, until the choice is reset."""
    automatic = browser.get("/local/p").text
    assert ">seed</a>" not in automatic
    sent = browser.send("/local/p/columns", column=["config.lr", "notes", "config.<gone>"], query="q=plain")
    assert (sent.status_code, sent.headers["location"]) == (303, "/local/p?q=plain")
    text = browser.get("/local/p").text
    assert re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', text) == [
        "Name",
        "State",
        "lr",
        "Notes",
        "&lt;gone&gt;",
    ]
    browser.send("/local/p/columns", automatic="1")
    assert "&lt;gone&gt;" not in browser.get("/local/p").text


def test_a_page_follows_its_run(browser: Visitor, client: Client) -> None:
    """Data comes as view messages: all at first, new data after a cursor, all again after a rewrite."""
    first = header_of(browser.get(f"{RUN}/data?cursor=").content)
    (loss,) = (series for series in first["series"] if series["key"] == "loss")
    assert (loss["n"], loss["mode"], first["run"]["state"], first["summary"]["loss"]) == (9, "replace", "running", 4)
    client.headers = with_key(client)
    client.rows("a", 9, '{"_step": 9, "loss": 1, "_runtime": 9}')
    client.headers = {}
    second = header_of(browser.get(f"{RUN}/data?cursor={first['cursor']}").content)
    (loss,) = second["series"]
    assert (loss["mode"], loss["columns"]["value"][1]) == ("append", 1)
    assert second["config"] is None
    client.headers = with_key(client)
    client.rows("a", 0, '{"_step": 0, "loss": 7, "_runtime": 0}')
    client.headers = {}
    third = header_of(browser.get(f"{RUN}/data?cursor={second['cursor']}").content)
    assert [series["mode"] for series in third["series"] if series["key"] == "loss"] == ["replace"]
    assert header_of(browser.get("/local/p/runs/b/data").content)["done"]


def test_the_overview_shows_the_metadata(browser: Visitor, client: Client) -> None:
    """Commit, command and host from the metadata are on the overview; an invalid file does no harm."""
    metadata = {
        "git": {"commit": "c0ffee", "remote": "https://x/y"},
        "program": "t.py",
        "args": ["--lr", 1],
        "host": "h1",
    }
    upload(client, "a", {"wandb-metadata.json": json.dumps(metadata).encode()})
    text = browser.get(f"{RUN}/overview").text
    assert all(f"<code>{fact}</code>" in text for fact in ("c0ffee", "https://x/y", "t.py --lr 1"))
    for nonsense in (b"[1]", b"{", b'{"git": 1, "cpu": [], "memory": {"total": {}}}', b"\xff", b"[" * 100_000):
        upload(client, "a", {"wandb-metadata.json": nonsense})
        assert browser.get(f"{RUN}/overview").status_code == 200


def test_pinned_keys_come_first(browser: Visitor, client: Client) -> None:
    """The overview shows pinned keys of the config in their order, then the others; nonsense pins nothing."""
    config = {"optim": {"value": {"b": 1, "a": 2}}, "lr": {"value": 3}, "x": {"value": 4}, "arch": {"value": 5}}
    for pinned, expected in (
        (["x", "optim", "none"], ["x", "optim.a", "optim.b", "arch", "lr"]),
        ([["x"], 3], ["arch", "lr", "optim.a", "optim.b", "x"]),
        ("x", ["arch", "lr", "optim.a", "optim.b", "x"]),
    ):
        client.headers = with_key(client)
        client.upsert("b", config=json.dumps({**config, "_wandb": {"value": {"pinned_keys": pinned}}}))
        client.headers = {}
        text = browser.get("/local/p/runs/b/overview").text
        table = text[text.index('id="config-title"') : text.index('id="summary-title"')]
        assert [name for name in re.findall(r">([\w.]+)</th>", table) if name in expected] == expected


def test_the_console_is_read_back_in_parts(browser: Visitor, client: Client) -> None:
    """The last thousand lines are shown, earlier ones page by page; stderr is marked."""
    lines = [f"2026-01-31T12:00:00.000000 line {number}" for number in range(1500)]
    lines.append("ERROR 2026-01-31T12:00:01.000000 broken")
    client.headers = with_key(client)
    client.stream("b", files={"output.log": {"offset": 0, "content": lines}})
    client.headers = {}
    text = browser.get("/local/p/runs/b/console").text
    assert re.findall(r">line (\d+)\n", text)[0] == "501"
    assert re.search(r'class="line error"[^>]*>broken', text)
    earlier = browser.get("/local/p/runs/b/console?before=501").text
    assert [re.findall(r">line (\d+)\n", earlier)[at] for at in (0, -1)] == ["0", "500"]
    assert browser.get("/local/p/runs/b/console?before=nonsense").status_code == 200


def test_files_are_shown_as_text(browser: Visitor, client: Client) -> None:
    """Text is escaped, pictures are pictures, bytes are only a download, and hostile names link to their files."""
    name = 'a "b" <i>?&#.txt'
    upload(client, "a", {name: b"<b>x</b>", "p.svg": b"<svg onload=alert(1)>", "x.bin": b"\xff\x00", "n.txt": b"a\x00"})
    links = re.findall(r'<th scope="row"><a href="([^"]+)"', browser.get(f"{RUN}/files").text)
    assert len(links) == 4
    answers = {link: browser.get(link) for link in links}
    assert [page.status_code for page in answers.values()] == [200] * 4
    assert "&lt;b&gt;x&lt;/b&gt;" in answers[links[0]].text
    texts = "".join(page.text for page in answers.values())
    assert "<svg" not in texts
    assert '<img src="/files/local/p/a/p.svg"' in texts
    assert texts.count("This file is not text.") == 2
    assert browser.get(f"{RUN}/files/..%2f..%2fkey").status_code == 404


def test_equal_names_have_their_ids(browser: Visitor, client: Client) -> None:
    """In the table of a project, runs of one name have their ids beside it; others do not."""
    client.headers = with_key(client)
    client.upsert("c", displayName="plain")
    text = browser.get("/local/p").text

    assert [f'>plain</a> <span class="quiet">{run}</span>' in text for run in ("b", "c")] == [True, True]
    assert 'aria-label="Select plain (c)"' in text
    assert '<span class="quiet">a</span>' not in text


def test_code_is_shown_by_cell(browser: Visitor, client: Client) -> None:
    """The session's notebook is shown cell by cell with numbers, a script with highlighting."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": 7,
            "source": ["import a\n", "<b>"],
            "metadata": {"wandb_nb": {"ok": False, "seconds": 3}},
            "outputs": [],
        },
        {"cell_type": "code", "source": 3, "metadata": {}},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
    upload(
        client, "a", {"code/_session_history.ipynb": notebook, "code/t.py": b'x = "<i>"  # why', "code/n.ipynb": b"[]"}
    )
    text = browser.get(f"{RUN}/code").text
    assert "[7]" in text
    assert "failed</span> after 3 s" in text
    assert "This notebook is not valid (cells[1] must be valid" in text
    assert '<span class="py-keyword">import</span> a\n&lt;b&gt;' in text
    text = browser.get(f"{RUN}/code?file=code/t.py").text
    assert '<span class="py-string">&#34;&lt;i&gt;&#34;</span>' in text
    assert "This notebook is not a JSON object" in browser.get(f"{RUN}/code?file=code/n.ipynb").text
    assert browser.get(f"{RUN}/code?file=nothing").status_code == 404


def test_stop_from_a_page(browser: Visitor, client: Client) -> None:
    """Stop on the page reaches the run at its next post."""
    assert browser.send(f"{RUN}/stop").status_code == 303
    client.headers = with_key(client)
    assert client.stream("a").json()["stopped"] is True


def test_rename_and_delete(browser: Visitor) -> None:
    """A form changes name, notes and tags; deleting asks once more, and then deletes the run and its files."""
    upload(browser.client, "b", {"x.txt": b"x"})
    assert browser.send("/local/p/runs/b/edit", name="new <name>", notes="n", tags="x, y,x").status_code == 303
    text = browser.get("/local/p/runs/b").text
    assert "<h1>new &lt;name&gt;</h1>" in text
    assert re.findall(r'class="tag">([^<]+)', text) == ["x", "y"]
    for name in ("", "a\nb", "x" * 200):
        assert browser.send("/local/p/runs/b/edit", name=name).status_code == 400
    assert "Delete 1 run?" in browser.send("/local/p/delete", run="b").text
    assert shown_runs(browser, "") == ["b", "a"]
    assert browser.send("/local/p/delete", run="b", sure="1").status_code == 303
    assert shown_runs(browser, "") == ["a"]
    assert [path for path in (browser.client.services.folder / "files").rglob("*") if path.is_file()] == []
    assert "No run was selected" in browser.send("/local/p/delete", sure="1").text


def test_a_long_run_is_sampled_first(browser: Visitor, client: Client) -> None:
    """A long run is first shown as a sample of its whole course, then with all its points."""
    client.headers = with_key(client)
    rows = [json.dumps({"_step": n, "_runtime": n, **{f"m{k}": n for k in range(40)}}) for n in range(60_000)]
    for first in range(0, len(rows), 20_000):
        client.rows("b", first, *rows[first : first + 20_000])
    client.headers = {}
    headers = [header_of(browser.get("/local/p/runs/b/data?cursor=").content)]
    while headers[-1]["more"]:
        headers.append(header_of(browser.get(f"/local/p/runs/b/data?cursor={headers[-1]['cursor']}").content))
    first, last = headers[0], headers[-1]
    assert (first["run"]["rows"], first["run"]["step"]) == (60_000, 59_999)
    assert len(first["series"]) == len(last["series"]) == 40
    assert not any(header["series"] for header in headers[1:-1])
    assert first["series"][0]["decimated"]
    assert first["series"][0]["n"] < last["series"][0]["n"] == 60_000
    assert last["series"][0]["mode"] == "replace"


def test_a_page_that_zooms_gets_the_rows_of_the_range(browser: Visitor, client: Client) -> None:
    """While a long run is read, a range is a sample of its rows; then it has each. All files of a step are there."""
    client.headers = with_key(client)
    rows = [json.dumps({"_step": n, "_runtime": n, **{f"m{k}": n for k in range(40)}}) for n in range(60_000)]
    names = [f"media/images/{n}.png" for n in range(250)]
    rows[-1] = json.dumps({"_step": 59_999, "a": {"_type": "images/separated", "filenames": names}})
    for first in range(0, len(rows), 20_000):
        client.rows("b", first, *rows[first : first + 20_000])
    client.headers = {}

    def ask(first: int, last: int, **more: int) -> Message:
        request = quote(json.dumps({"keys": ["m3", "a"], "axis": "step", "from": first, "to": last, **more}))
        return parse(browser.get(f"/local/p/runs/b/range?request={request}").content)

    short, sample = ask(30_000, 30_100), ask(20_000, 50_000)
    pages = [ask(59_999, 59_999, firstFile=200)]
    answer = ask(30_000, 30_100)
    while answer.header["more"]:
        answer = ask(30_000, 30_100)
    pages.append(ask(59_999, 59_999, firstFile=200))

    assert (short.header["more"], sample.header["more"]) == (True, True)
    assert short.series()[0].value.tolist() == list(range(30_000, 30_101))
    assert 500 < len(sample.series()[0].value) <= 1_100
    assert 20_000 <= sample.series()[0].step.min() <= sample.series()[0].step.max() <= 50_000
    assert answer.series()[0].value.tolist() == list(range(29_999, 30_102))
    for page in pages:
        (series,) = page.header["media"] or []
        assert [file["path"] for file in series["rows"][0]["files"]] == names[200:]
    assert browser.get("/local/p/runs/b/range?request=[]").status_code == 400


def test_objects_are_sampled_for_a_comparison(browser: Visitor, client: Client) -> None:
    """The pages of several runs get heat maps and texts from the sampled rows, and none again without new rows."""
    client.headers = with_key(client)
    rows = [
        {"_step": n, "w": {"_type": "histogram", "bins": [0, 1], "values": [n]}, "note": f"n{n}"} for n in range(30)
    ]
    client.rows("b", 0, *map(json.dumps, rows))
    client.headers = {}
    first = parse(browser.get("/local/p/runs/b/sampled?points=600").content)
    second = parse(browser.get(f"/local/p/runs/b/sampled?points=600&cursor={first.header['cursor']}").content)

    assert first.heatmaps()[0].cells.sum(axis=1).tolist()[-1] == 29
    assert [row["text"] for row in (first.header["texts"] or [])[0]["rows"]] == ["n25", "n26", "n27", "n28", "n29"]
    assert (second.header["heatmaps"], second.header["texts"]) == (None, None)
