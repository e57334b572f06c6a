"""Who may call what, by the names the product has always used. The ladder is in tenancy.roles."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenancy.api.authentication import SiteKey
from tenancy.api.codes import Code
from tenancy.api.gate import MAY_NAME_AN_ACCOUNT
from tenancy.api.problems import ApiError
from tenancy.models import Account
from tenancy.roles import Role, at_least


class Permission(BasePermission):
    message = "Your role does not allow this."
    code = Code.PERMISSION_DENIED


class IsAuthenticatedAndActive(Permission):
    """A person, signed in and not deactivated. A site's key is no person."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if isinstance(user, SiteKey):
            raise ApiError(Code.PERMISSION_DENIED, "An API key opens wordpress/ only.")
        return bool(user and user.is_authenticated and user.is_active)


class IsSite(Permission):
    """A WordPress site with its key."""

    message = "Only a site with its API key may call this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, SiteKey)


class HasTenantAccess(Permission):
    """The call is for an account: one's own, or one that the gate let a developer name."""

    message = "You belong to no account."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(getattr(request, "account", None), Account)


class HasRole(Permission):
    minimum: Role

    def has_permission(self, request: Request, view: APIView) -> bool:
        if at_least(getattr(request.user, "role", ""), self.minimum):
            return True
        raise ApiError(
            Code.PERMISSION_DENIED,
            f"This needs the role {self.minimum.label.lower()} or above.",
            required=str(self.minimum),
        )


class IsViewerOrAbove(HasRole):
    minimum = Role.VIEWER


class IsEditorOrAbove(HasRole):
    minimum = Role.EDITOR


class IsOwnerOrAdmin(HasRole):
    """Admin, owner, and a developer."""

    minimum = Role.ADMIN


class IsAdminOrOwner(Permission):
    """The account's own heads and nobody of the company: they bind the customer."""

    message = "Only an admin or owner of the account may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.role in (Role.ADMIN, Role.OWNER)


class IsOwner(Permission):
    """The one person who owns the account; others may have the role owner beside them."""

    message = "Only the owner of the account may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.pk == request.account.owner_id


class IsSystemAccountOrDeveloper(Permission):
    message = "Only the company's own accounts and developers may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return user.role == Role.DEVELOPER or bool(user.account and user.account.is_system)


class MayRead(Permission):
    """A viewer or above, or the system bot, for its own account or one that it named."""

    minimum = IsViewerOrAbove

    def has_permission(self, request: Request, view: APIView) -> bool:
        return _is_bot(request) or self.minimum().has_permission(request, view)


class MaySpend(MayRead):
    """An editor or above, or the system bot, for its own account or one that it named."""

    minimum = IsEditorOrAbove


class ActsForAnotherAccount(Permission):
    """Nobody does this to an account they belong to."""

    message = "Name the customer's account in X-Account; your own cannot be it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.account.pk != request.user.account_id


class AccountPermission(Permission):
    """Who calls belongs to the account, or the gate let them name it; so does every object."""

    def has_permission(self, request: Request, view: APIView | None) -> bool:
        user, account = request.user, request.account
        return user.account_id == account.pk or user.role in MAY_NAME_AN_ACCOUNT

    def has_object_permission(self, request: Request, view: APIView | None, obj: object) -> bool:
        is_theirs = self.has_permission(request, view) and obj.account_id == request.account.pk
        if not is_theirs:
            # An object of another account does not exist for the caller.
            raise ApiError(Code.NOT_FOUND)
        return True


def _is_bot(request: Request) -> bool:
    return request.user.role == Role.SYSTEM_BOT
