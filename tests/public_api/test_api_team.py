"""`wandb.Api().team()`: members, invitations and removals on a server, and a clear error on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import wandb_nb as wandb
from wandb_nb.cli import group
from wandb_nb.errors import RefusedError, UnsupportedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_server import EmbeddedServer


@pytest.fixture
def api(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], wandb.Api]:
    """Return a function that returns the Api of a user: ann administers the team vision, ben reads it, cat may not."""
    monkeypatch.setenv("WANDB_BASE_URL", server.url)

    def command(*words: str) -> str:
        done = CliRunner().invoke(group, ["server", "--dir", str(server.folder), *words], catch_exceptions=False)
        return str(done.output).strip()

    if not command("teams"):
        for name in ("ann", "ben", "cat"):
            command("users", name)
        command("teams", "vision")
    for name, right in (("ann", "admin"), ("ben", "read"), ("cat", "none")):
        command("teams", "vision", "--user", name, "--right", right)
    return lambda name: wandb.Api(api_key=command("users", name, "--new-key"))


def test_members_are_listed_invited_and_removed(api: Callable[[str], wandb.Api]) -> None:
    """Administrators add and remove users; a second invitation and one of a stranger return False."""
    team = api("ann").team("vision")
    assert team.name == "vision"
    assert [(one.username, one.name, one.email, one.admin) for one in team.members] == [
        ("ann", "ann", "", True),
        ("ben", "ben", "", False),
    ]
    assert repr([team, *team.members]) == "[<Team vision>, <Member ann (MEMBER)>, <Member ben (MEMBER)>]"
    assert [team.invite(name) for name in ("cat", "cat", "nobody", "nobody@example.org")] == [True, False, False, False]
    team.load()
    cat = team.members[2]
    assert (cat.username, cat.admin) == ("cat", False)
    assert [cat.delete(), cat.delete()] == [True, False]
    assert team.invite("cat", admin=True)
    assert [member.admin for member in api("cat").team("vision").members] == [True, False, True]


def test_others_may_not_change_or_see_a_team(api: Callable[[str], wandb.Api]) -> None:
    """A reader sees the members and is refused, and for an outsider there is no such team."""
    reader = api("ben").team("vision")
    assert len(reader.members) == 2
    for change in (lambda: reader.invite("cat"), reader.members[0].delete):
        with pytest.raises(RefusedError, match="permission denied"):
            change()
    for name in ("vision", "cat", "none"):
        with pytest.raises(UsageError, match=f"no team '{name}'"):
            api("cat").team(name)
    with pytest.raises(UnsupportedError, match="wandb-nb server teams"):
        reader.create_service_account("robot")


def test_this_machine_has_no_teams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server the error names the way to one."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    with pytest.raises(UnsupportedError, match=r"log in to a server with wandb_nb\.login"):
        wandb.Api().team("vision")
