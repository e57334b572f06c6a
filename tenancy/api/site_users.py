"""Who sees a site: the editors and viewers that it is given to."""

from contextlib import suppress

from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.people import UserAnswer
from tenancy.api.permissions import IsOwnerOrAdmin
from tenancy.api.reasons import reason_of
from tenancy.api.sites import accessible
from tenancy.api.views import ApiView
from tenancy.errors import NothingChanged
from tenancy.models import User
from tenancy.services import site_access


class SiteUsersView(ApiView):
    @operation(
        "List who a site is given to",
        rights=[IsOwnerOrAdmin],
        query=PageQuery,
        answer=paged(UserAnswer),
    )
    def get(self, call: Call, site_id: str) -> dict[str, object]:
        """Editors and viewers. Everybody above them sees every site."""
        site = found(call, accessible(call), site_id)
        given = call.account.users.filter(site_accesses__site=site)
        return page(given, by="id", request=call.request, query=call.query)


class SiteUserView(ApiView):
    @operation(
        "Give a person a site",
        rights=[IsOwnerOrAdmin],
        answer=UserAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def put(self, call: Call, site_id: str, user_id: str) -> User:
        """An editor or viewer. Giving it again changes nothing."""
        site = found(call, accessible(call), site_id)
        user = found(call, call.account.users, user_id)
        with suppress(NothingChanged):
            site_access.give(site=site, user=user, by=call.user, reason=reason_of(call))
        return user

    @operation(
        "Take a site from a person",
        rights=[IsOwnerOrAdmin],
        status=204,
        errors=[Code.STATE_CONFLICT],
    )
    def delete(self, call: Call, site_id: str, user_id: str) -> None:
        """What they made stays. Taking it again changes nothing."""
        site = found(call, accessible(call), site_id)
        user = found(call, call.account.users, user_id)
        with suppress(NothingChanged):
            site_access.take(site=site, user=user, by=call.user, reason=reason_of(call))
