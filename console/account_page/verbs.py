"""Links to the dialogs that a person may open for an object as it stands now."""

from dataclasses import dataclass

from django.contrib.admin.exceptions import NotRegistered
from django.db import models
from django.urls import reverse

from console.actions.base import Verb
from console.site import site
from tenancy.models import User


@dataclass(frozen=True)
class VerbLink:
    label: str
    url: str
    icon: str
    is_dangerous: bool


def offered(target: models.Model, *, person: User) -> list[VerbLink]:
    """What the person may not do is absent. Dangerous ones come last.

    Asks each verb whether it applies to `target`; what those answers read should be loaded.
    """
    verbs = [
        verb
        for verb in verbs_of(target)
        if person.has_perm(verb.permission) and not verb.refusal_for(target, person)
    ]
    return [link(target, verb) for verb in sorted(verbs, key=lambda verb: verb.is_dangerous)]


def link(target: models.Model, verb: Verb) -> VerbLink:
    return VerbLink(verb.label, _url(target, verb), verb.icon, verb.is_dangerous)


def verbs_of(target: models.Model) -> list[Verb]:
    """All that there are for such an object, whoever may and whether or not they apply."""
    try:
        model_admin = site.get_model_admin(type(target))
    except NotRegistered:
        return []
    return [getattr(model_admin, verb.name).verb for verb in getattr(model_admin, "verbs", ())]


def _url(target: models.Model, verb: Verb) -> str:
    opts = target._meta
    name = f"admin:{opts.app_label}_{opts.model_name}_{verb.name}"
    return reverse(name, args=(target.pk,))
