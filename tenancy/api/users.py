"""The people of an account: invited, given another role, locked out."""

from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Choice, Email
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.people import UserAnswer
from tenancy.api.permissions import IsOwner, IsOwnerOrAdmin, IsViewerOrAbove
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Body
from tenancy.api.views import ApiView
from tenancy.models import User
from tenancy.roles import ASSIGNABLE
from tenancy.services import invitations, invitees, ownership, users

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
        return found(call, call.account.users, user_id)

    @operation(
        "Give a person another role",
        rights=[IsOwnerOrAdmin],
        body=RoleBody,
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def patch(self, call: Call, user_id: str) -> User:
        """Nobody gives a role above their own, or changes the role of somebody above them."""
        user = found(call, call.account.users, user_id)
        return users.change_role(
            user=user, role=call.data["role"], by=call.user, reason=reason_of(call)
        )

    @operation(
        "Withdraw an invitation",
        rights=[IsOwnerOrAdmin],
        status=204,
        errors=[Code.STATE_CONFLICT],
    )
    def delete(self, call: Call, user_id: str) -> None:
        """Of somebody who has not joined yet; everybody else can be locked out. Their place in
        the plan and their e-mail address are free again."""
        invitees.withdraw(
            user=found(call, call.account.users, user_id), by=call.user, reason=reason_of(call)
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
        return users.deactivate(
            user=found(call, call.account.users, user_id), by=call.user, reason=reason_of(call)
        )


class ReactivateUserView(ApiView):
    @operation(
        "Let a person back in",
        rights=[IsOwnerOrAdmin],
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT, Code.PLAN_LIMIT_REACHED],
    )
    def post(self, call: Call, user_id: str) -> User:
        """With the role they had. Within the plan's `max_users`."""
        return users.reactivate(
            user=found(call, call.account.users, user_id), by=call.user, reason=reason_of(call)
        )


class MakeOwnerView(ApiView):
    @operation(
        "Make a person the account's owner",
        rights=[IsOwner],
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, user_id: str) -> User:
        """Whoever owns the account hands it over, and is an admin from then on."""
        return ownership.hand_over(
            user=found(call, call.account.users, user_id), by=call.user, reason=reason_of(call)
        )
