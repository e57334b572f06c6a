"""Find an object by the id a caller gave: within the account, or not at all."""

from django.db import models

from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.permissions import AccountPermission
from tenancy.api.problems import ApiError

LARGEST_ID = 2**63 - 1


def found[M: models.Model](call: Call, objects: models.QuerySet[M], given: str) -> M:
    """The object with this id in a queryset of the account's own. Raises ApiError not_found.

    Another tenant's id, one that was never given out and one that cannot be: one answer.
    """
    is_id = given.isascii() and given.isdecimal() and len(given) < 20 and given[0] != "0"
    if is_id and int(given) <= LARGEST_ID:
        one = objects.filter(pk=int(given)).first()
        # The queryset is narrowed to the account already; the object itself is asked all the same.
        if one is not None and AccountPermission().has_object_permission(call.request, None, one):
            return one
    raise ApiError(Code.NOT_FOUND)
