"""The teams of a server for the public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.public_api.run_storage import MemberAttributes
from wandb_nb.sync.http.answers import as_list, as_name, as_object, as_text, well_formed

if TYPE_CHECKING:
    from wandb_nb.sync.reading.server_connection import ServerConnection


class ServerTeams:
    """The teams of one server that the account may see."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    def team(self, name: str) -> tuple[str, list[MemberAttributes]]:
        """Return the present name of the team, and its members.

        Raises:
            UsageError: There is no such team, or the account may not see it.

        """
        data = self._connection.graphql.execute("GetTeam", {"name": name})
        with well_formed(self._connection.base_url, "GetTeam"):
            entity = as_object(data.get("entity"))
            if not entity.get("isTeam"):
                raise UsageError(f"{self._connection.base_url} has no team {name!r} that this account may see")
            return as_name(entity.get("name")), [_member(as_object(one)) for one in as_list(entity.get("members"))]

    def invite(self, team: str, username_or_email: str, admin: bool) -> None:
        """Invite a user, by e-mail if the name has an @.

        Raises:
            RefusedError: The user does not exist or is a member already, or the account may not change the team.

        """
        key = "email" if "@" in username_or_email else "username"
        self._connection.graphql.execute("CreateInvite", {"team": team, key: username_or_email, "admin": admin})

    def remove(self, team: str, member_id: str) -> None:
        """Remove a member.

        Raises:
            RefusedError: It is not a member, or the account may not change the team.

        """
        self._connection.graphql.execute("DeleteInvite", {"team": team, "id": member_id})


def _member(node: dict[str, Any]) -> MemberAttributes:
    names = as_text(node.get("username")), as_name(node.get("name"))
    account_type = as_text(node.get("accountType")) or "MEMBER"
    return MemberAttributes(
        as_text(node.get("id")), *names, as_text(node.get("email")), bool(node.get("admin")), account_type
    )
