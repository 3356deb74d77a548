"""Entities with the members of teams, and the mutations that change these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.accounts.former_names import current_name
from wandb_nb.server.storage.accounts.teams import find_team, list_team_members, set_team_right
from wandb_nb.server.storage.server_ids import global_id, parse_global_id
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.users import Right, entity_right, user_by_name

if TYPE_CHECKING:
    from wandb_nb.server.protocol.request_context import RequestContext
    from wandb_nb.server.storage.accounts.teams import TeamMember

_MEMBER = "Member"


class EntityNode:
    """A user or team by its name. Only who may read a team learns that it is one, and who its members are."""

    organization = photo_url = None
    storage_bytes = 0
    available = read_only = read_only_admin = private_only = code_saving_enabled = is_paid = False
    default_access = "PRIVATE"

    def __init__(self, name: str) -> None:
        self.id, self.name = global_id("Entity", 0), name

    def is_team(self, context: RequestContext) -> bool:
        """Whether it is a team that the user may read."""
        return _is_readable_team(context, self.name)

    def entity_type(self, context: RequestContext) -> str:
        """Return "team" or "user"."""
        return "team" if self.is_team(context) else "user"

    def members(self, context: RequestContext) -> list[MemberNode]:
        """Return the members of a team, by name."""
        if not self.is_team(context):
            return []
        return [MemberNode(member) for member in list_team_members(context.connection, self.name)]


class MemberNode:
    """A member of a team, never with a key. Users of this server have no addresses."""

    email = photo_url = api_key = None
    pending = False
    account_type = "MEMBER"

    def __init__(self, member: TeamMember) -> None:
        self.id = global_id(_MEMBER, member.id)
        self.name = self.username = member.name
        self.admin = member.right >= Right.ADMIN


class TeamMutations:
    """The mutations of administrators of teams."""

    def create_invite(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        """Add a user as a member immediately: this server sends no invitations."""
        team, name = _managed_team(context, input), input.get("username") or input.get("email") or ""
        if any(name == member.name for member in list_team_members(context.connection, team)):
            raise UsageError(f"{name!r} is a member of {team!r} already")
        set_team_right(context.connection, team, name, Right.ADMIN if input.get("admin") else Right.WRITE)
        user = user_by_name(context.connection, name)
        member_id = global_id(_MEMBER, user.id if user is not None else 0)
        invite = {"id": member_id, "name": name, "email": "", "createdAt": None, "toUser": {"name": name}}
        return {"invite": invite}

    def delete_invite(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        """End a membership."""
        team, user_id = _managed_team(context, input), parse_global_id(_MEMBER, input.get("id") or "")
        member = next((one for one in list_team_members(context.connection, team) if one.id == user_id), None)
        if member is None:
            raise UsageError(f"the team {team!r} has no such member")
        set_team_right(context.connection, team, member.name, Right.NONE)
        return {"success": True}


def _is_readable_team(context: RequestContext, name: str) -> bool:
    is_readable = entity_right(context.connection, context.user, name) >= Right.READ
    return is_readable and find_team(context.connection, name) is not None


def _managed_team(context: RequestContext, values: dict[str, Any]) -> str:
    """Return the present name of the team that *values* name, for changing it."""
    name = current_name(context.connection, values.get("entityName") or "")
    if not _is_readable_team(context, name):
        raise NotFoundError("there is no such team on this server, or you may not see it")
    if entity_right(context.connection, context.user, name) < Right.ADMIN:
        raise PermissionDeniedError(f"permission denied: only administrators of {name} may change its members")
    return name
