"""Dialogs of who sees which site: give an editor or viewer one, take it away."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from console.actions.base import Consequence, Done
from console.actions.forms import VerbForm
from console.actions.users import PersonVerb
from tenancy.errors import NothingChanged
from tenancy.models import Site, User
from tenancy.roles import SEES_GIVEN_SITES
from tenancy.services import site_access


def given(user: User) -> QuerySet[Site]:
    sites = Site.objects.filter(is_active=True, user_accesses__user=user)
    return sites.defer("wp_app_password").order_by("name", "id")


def not_given(user: User) -> QuerySet[Site]:
    sites = Site.objects.filter(is_active=True, account_id=user.account_id)
    return sites.exclude(user_accesses__user=user).defer("wp_app_password").order_by("name", "id")


class GiveSiteForm(VerbForm):
    site = forms.ModelChoiceField(
        Site.objects.none(),
        empty_label=None,
        error_messages={
            "required": "There is no site to choose any more.",
            "invalid_choice": "This site cannot be chosen any more: what they see has changed.",
        },
    )
    offered = staticmethod(not_given)

    def __init__(self, *args: Any, target: User, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.fields["site"].queryset = self.offered(target)


class TakeSiteForm(GiveSiteForm):
    offered = staticmethod(given)


class SiteAccessVerb(PersonVerb):
    """What both share: they are about editors and viewers, who see what is given to them."""

    permission = "tenancy.give_site"

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account."
        if target.sees_all_sites:
            return f"{target.email} is {target.get_role_display().lower()} and sees every site."
        return ""


class GiveSite(SiteAccessVerb):
    name = "give_site"
    label = "Give a site"
    submit = "Give site"
    icon = "visibility"
    form_class = GiveSiteForm

    def refusal(self, target: User) -> str:
        if not target.is_active:
            return f"{target.email} is deactivated. Let them back in first."
        if refusal := super().refusal(target):
            return refusal
        if target.role not in SEES_GIVEN_SITES:
            role = target.get_role_display().lower()
            return f"{target.email} is {role}. Only editors and viewers are given sites."
        return ""

    def consequences(self, target: User, by: User) -> list[Consequence]:
        if not not_given(target).exists():
            raise NothingChanged(
                f"{target.account.name} has no site that {target.email} does not see already."
            )
        after = "the one you choose too" if given(target).exists() else "the one you choose"
        return [Consequence("Sees", _names(target), f"{after}, at once")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        site = facts["site"]
        site_access.give(site=site, user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} sees {site.name} now.")


class TakeSite(SiteAccessVerb):
    name = "take_site"
    label = "Take a site away"
    submit = "Take site away"
    icon = "visibility_off"
    form_class = TakeSiteForm

    def refusal(self, target: User) -> str:
        if refusal := super().refusal(target):
            return refusal
        return "" if target.site_accesses.all() else self._nothing(target)

    def consequences(self, target: User, by: User) -> list[Consequence]:
        if not given(target).exists():
            raise NothingChanged(self._nothing(target))
        return [Consequence("Sees", _names(target), "all of them but the one you choose")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        site = facts["site"]
        site_access.take(site=site, user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} does not see {site.name} any more.")

    @staticmethod
    def _nothing(target: User) -> str:
        return f"No site is given to {target.email}."


def _names(user: User) -> str:
    return ", ".join(given(user).values_list("name", flat=True)) or "no site"
