"""`ApiTeam`: the members of a team on a server, as `wandb.Api().team()` returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from wandb_nb.errors import RefusedError, UnsupportedError

if TYPE_CHECKING:
    from wandb_nb.public_api.run_storage import MemberAttributes, TeamCatalog

_FORBIDDEN = 403


class ApiTeam:
    """A team: its `name`, and its `members` as they were when it was read; `load()` reads it again."""

    def __init__(self, catalog: TeamCatalog, name: str) -> None:
        self._catalog = catalog
        self.name = name
        self.load()

    def load(self, force: bool = False) -> None:  # noqa: ARG002 -- W&B's argument: it is always read again
        """Read the team's name and members from the server.

        Raises:
            UsageError: There is no such team, or the account may not see it.
            CommError: The server cannot be reached or refuses.

        """
        self.name, members = self._catalog.team(self.name)
        self.members = [ApiMember(self._catalog, self.name, member) for member in members]

    def invite(self, username_or_email: str, admin: bool = False) -> bool:
        """Invite a user, as a team admin if *admin*; this package's server adds the user immediately.

        Returns:
            Whether that worked: False if there is no such user, or the user is a member already.

        Raises:
            CommError: The server cannot be reached, or the account may not change the team.

        """
        return _is_accepted(self._catalog.invite, self.name, username_or_email, admin)

    def __getattr__(self, name: str) -> NoReturn:
        if name in {"create", "create_service_account"}:
            raise UnsupportedError(
                f"Team.{name}() is not here; `wandb-nb server teams` and `users` add teams and users"
            )
        raise AttributeError(f"a Team has no {name!r}")

    def __repr__(self) -> str:
        return f"<Team {self.name}>"


class ApiMember:
    """A member of a team: `username`, `name`, `email`, `account_type`, and whether it is an `admin`."""

    def __init__(self, catalog: TeamCatalog, team: str, attributes: MemberAttributes) -> None:
        self._catalog, self._id, self.team = catalog, attributes.id, team
        self.username, self.name, self.email = attributes.username, attributes.name, attributes.email
        self.admin, self.account_type = attributes.admin, attributes.account_type

    def delete(self) -> bool:
        """Remove the member from the team; return whether that worked.

        Raises:
            CommError: The server cannot be reached, or the account may not change the team.

        """
        return _is_accepted(self._catalog.remove, self.team, self._id)

    def __repr__(self) -> str:
        return f"<Member {self.name} ({self.account_type})>"


def _is_accepted(change: Any, *arguments: Any) -> bool:
    """Return whether the server accepted a change; a missing right is an error."""
    try:
        change(*arguments)
    except RefusedError as error:
        if error.status == _FORBIDDEN:
            raise
        return False
    return True
