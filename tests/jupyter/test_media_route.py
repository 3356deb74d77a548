"""The route of media files on a real Jupyter server: what it serves, as what, and what it refuses."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from jupyter_process import LOGIN
from waiting import until

import wandb_nb
from wandb_nb.tracking.run_view import session_of
from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_process import Server

pytestmark = pytest.mark.kernel


@pytest.fixture
def run(registry: str, tmp_path: Path) -> Iterator[Any]:  # noqa: ARG001  before init
    """Return a run of this process, finished at the test's end."""
    run = wandb_nb.init(project="p", dir=tmp_path, settings={"silent": True}, reinit="create_new")
    yield run
    run.finish()


def media_paths(server: Server, run: Any) -> list[str]:
    """Return the paths that the run's message names."""
    body = server.ask(f"wandb-nb/v1/runs/{run.id}/data?cursor=", session_of(run).entry.token)[1]
    media = parse(body).header["media"] or []
    return [file["path"] for series in media for row in series["rows"] for file in row["files"]]


def ask(server: Server, run: Any, path: str, token: str | None = None, **options: Any) -> tuple[int, bytes]:
    """Request a media file."""
    own = session_of(run).entry.token
    return server.ask(f"wandb-nb/v1/runs/{run.id}/media?path={quote(path)}", own if token is None else token, **options)


def test_a_page_gets_the_files_of_rows(server: Server, run: Any) -> None:
    """Files that rows name are served byte for byte, with types that no browser executes, and may be kept."""
    run.log({"a": wandb_nb.Image(np.zeros((4, 4, 3), np.uint8)), "page": wandb_nb.Html("<script>1</script>")})
    png, html = sorted(media_paths(server, run), key=lambda path: path.endswith(".html"))
    request = urllib.request.Request(  # noqa: S310  loopback
        f"{server.url}wandb-nb/v1/runs/{run.id}/media?path={quote(png)}",
        headers={"X-Wandb-Nb-Token": session_of(run).entry.token, "Authorization": f"token {LOGIN}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  loopback
        headers, content = answer.headers, answer.read()
    request.full_url = f"{server.url}wandb-nb/v1/runs/{run.id}/media?path={quote(html)}"
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  loopback
        html_type = answer.headers["Content-Type"]

    assert content == (Path(run.dir) / png).read_bytes()
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert headers["Content-Length"] == str(len(content))
    assert "immutable" in headers["Cache-Control"]
    assert "sandbox" in headers["Content-Security-Policy"]
    assert html_type == "application/octet-stream"


@pytest.mark.parametrize("text", ["<script>parent.harmed=1</script>", '<svg onload="parent.harmed=1"/>'])
def test_no_address_gives_a_page(server: Server, run: Any, text: str) -> None:
    """A browser that opens the address of a page or drawing itself executes nothing of it: by type, policy and name."""
    drawing = Path(run.dir) / "media" / "images" / "d.svg"
    drawing.parent.mkdir(parents=True)
    drawing.write_text(text)
    run.log({"page": wandb_nb.Html(text), "drawing": {"_type": "image-file", "path": "media/images/d.svg"}})
    for path in media_paths(server, run):
        for route in (f"media?path={quote(path)}", f"file?path={quote(path)}&download=1"):
            request = urllib.request.Request(  # noqa: S310 -- loopback
                f"{server.url}wandb-nb/v1/runs/{run.id}/{route}",
                headers={"X-Wandb-Nb-Token": session_of(run).entry.token, "Authorization": f"token {LOGIN}"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- loopback
                headers = answer.headers
            assert headers["Content-Type"] == "application/octet-stream"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("route", ["media?path={}", "file?path={}&download=1"])
def test_a_page_may_leave_early(server: Server, run: Any, route: str) -> None:
    """A browser that closes the connection before the end of a file leaves no error in the server's log."""
    run.log({"noise": wandb_nb.Audio(np.zeros(20_000_000), sample_rate=8000)})
    (path,) = media_paths(server, run)
    request = urllib.request.Request(  # noqa: S310 -- loopback
        f"{server.url}wandb-nb/v1/runs/{run.id}/{route.format(quote(path))}",
        headers={"X-Wandb-Nb-Token": session_of(run).entry.token, "Authorization": f"token {LOGIN}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- loopback
        assert answer.read(4) == b"RIFF"
    until(lambda: not server.has_open(Path(run.dir) / path), "the end of the request")

    assert server.ask("wandb-nb/v1/runs", session_of(run).entry.token)[0] == 200
    assert "StreamClosedError" not in server.log()


@pytest.mark.parametrize(
    ("header", "part"),
    [("bytes=0-9", (0, 10)), ("bytes=10-", (10, None)), ("bytes=-5", (-5, None)), ("bytes=2-99999999", (2, None))],
)
def test_a_page_gets_parts_of_files(server: Server, run: Any, header: str, part: tuple[int, int | None]) -> None:
    """A single range is answered with its bytes; one beyond the end is refused, and other headers are ignored."""
    run.log({"tone": wandb_nb.Audio(np.zeros(100), sample_rate=8000)})
    (path,) = media_paths(server, run)
    content = (Path(run.dir) / path).read_bytes()

    status, body, named = ask_range(server, run, path, header)
    assert (status, body) == (206, content[slice(*part)])
    start = part[0] % len(content)
    assert named == f"bytes {start}-{start + len(body) - 1}/{len(content)}"
    assert ask_range(server, run, path, f"bytes={len(content)}-")[::2] == (416, f"bytes */{len(content)}")
    assert ask_range(server, run, path, "bytes=0-1,4-5")[:2] == (200, content)


def ask_range(server: Server, run: Any, path: str, header: str) -> tuple[int, bytes, str | None]:
    """Request a part of a media file; return status, body and the range of the answer."""
    request = urllib.request.Request(  # noqa: S310  loopback
        f"{server.url}wandb-nb/v1/runs/{run.id}/media?path={quote(path)}",
        headers={
            "X-Wandb-Nb-Token": session_of(run).entry.token,
            "Authorization": f"token {LOGIN}",
            "Range": header,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  loopback
            return answer.status, answer.read(), answer.headers["Content-Range"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["Content-Range"]


def test_what_is_refused(server: Server, run: Any, tmp_path: Path) -> None:
    """No login, a wrong token, other files of the run, paths that lead elsewhere and links give no content."""
    run.log({"a": wandb_nb.Image(np.zeros((4, 4, 3), np.uint8))})
    (path,) = media_paths(server, run)
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = Path(run.dir) / "media" / "images"
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "unnamed.png").write_bytes(b"unnamed")
    named = {"_type": "images/separated", "count": 2, "filenames": ["media/images/link.png", "media/../../secret.png"]}
    run.log({"b": named})
    refused = ["media/images/link.png", "media/../../secret.png", "media/images/unnamed.png", "wandb-metadata.json"]
    refused += ["../" + Path(run.dir).parent.name, "/etc/passwd", "media/images", "", "media/%s%d\0"]

    assert ask(server, run, path)[0] == 200
    assert ask(server, run, path, login="")[0] == 403
    assert ask(server, run, path, "wrong")[0] == 403
    assert ask(server, run, path, "")[0] == 403
    assert [ask(server, run, other)[0] for other in refused] == [410] * len(refused)
    assert server.ask(f"wandb-nb/v1/runs/nobody00/media?path={quote(path)}", session_of(run).entry.token)[0] == 404
    assert server.ask(f"wandb-nb/v1/runs/{run.id}/media", session_of(run).entry.token)[0] == 400
    (Path(run.dir) / path).unlink()
    assert ask(server, run, path)[0] == 410
    assert "Traceback" not in server.log()
