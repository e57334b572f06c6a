"""The people of an account: invited, given another role, locked out."""

from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Choice, Email
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.people import UserAnswer
from tenancy.api.permissions import IsOwnerOrAdmin, IsViewerOrAbove
from tenancy.api.problems import ApiError
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Body
from tenancy.api.views import ApiView
from tenancy.models import User
from tenancy.roles import ASSIGNABLE, Role, at_least
from tenancy.services import invitations, users

ROLES = [(role.value, role.label) for role in ASSIGNABLE]


class InviteBody(Body):
    email = Email()
    role = Choice(ROLES)


class RoleBody(Body):
    role = Choice(ROLES)


class UsersView(ApiView):
    @operation(
        "List the account's people",
        rights=[IsViewerOrAbove],
        query=PageQuery,
        answer=paged(UserAnswer),
    )
    def get(self, call: Call) -> dict[str, object]:
        return page(call.account.users.all(), by="id", request=call.request, query=call.query)

    @operation(
        "Invite a person",
        rights=[IsOwnerOrAdmin],
        body=InviteBody,
        answer=UserAnswer,
        status=201,
        errors=[Code.PLAN_LIMIT_REACHED],
    )
    def post(self, call: Call) -> User:
        """They get an e-mail and choose a password. Within the plan's `max_users`."""
        return invitations.invite(
            account=call.account, **call.data, by=call.user, reason=reason_of(call)
        )


class UserView(ApiView):
    @operation("Show a person", rights=[IsViewerOrAbove], answer=UserAnswer)
    def get(self, call: Call, user_id: str) -> User:
        return found(call.account.users, user_id)

    @operation(
        "Give a person another role",
        rights=[IsOwnerOrAdmin],
        body=RoleBody,
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def patch(self, call: Call, user_id: str) -> User:
        """Nobody gives a role above their own, or changes the role of somebody above them."""
        user = found(call.account.users, user_id)
        _refuse_above(call, user.role, call.data["role"])
        return users.change_role(
            user=user, role=call.data["role"], by=call.user, reason=reason_of(call)
        )


class DeactivateUserView(ApiView):
    @operation(
        "Lock a person out",
        rights=[IsOwnerOrAdmin],
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, user_id: str) -> User:
        """At once, in every session and token. Their work stays."""
        user = found(call.account.users, user_id)
        _refuse_above(call, user.role)
        return users.deactivate(user=user, by=call.user, reason=reason_of(call))


def _refuse_above(call: Call, *roles: str) -> None:
    for role in roles:
        if not at_least(call.user.role, Role(role)):
            raise ApiError(
                Code.PERMISSION_DENIED,
                f"You are {call.user.get_role_display().lower()}; this concerns the role "
                f"{Role(role).label.lower()}.",
                required=role,
            )
