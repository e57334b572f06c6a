"""Dialogs of a site's API key: make a new one, revoke."""

from django import forms
from django.utils import timezone

from console.actions.base import Consequence, Done, Verb
from console.actions.forms import VerbForm
from tenancy.models import Site, User
from tenancy.services import api_keys


def _working_keys(site: Site) -> list[str]:
    now = timezone.now()
    return [str(key) for key in site.api_keys.all() if key.works(now)]


class RotateKeyForm(VerbForm):
    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=api_keys.MAX_OVERLAP_HOURS,
        initial=24,
        label="Old key works for",
        help_text="Hours in which both keys work; 0 ends the old one now.",
    )


class RotateKey(Verb):
    name = "rotate_key"
    label = "New API key"
    submit = "Make new key"
    permission = "tenancy.rotate_api_key"
    icon = "key"
    form_class = RotateKeyForm
    related = ("account",)

    def refusal(self, target: Site) -> str:
        if target.account.is_deleted:
            return f"{target.account.name} is deleted. Restore it first."
        return "" if target.is_active else f"{target.name} is switched off."

    def consequences(self, target: Site, by: User) -> list[Consequence]:
        old = ", ".join(_working_keys(target)) or "none"
        return [Consequence("API key", old, "a new one, shown once")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        new = api_keys.rotate(
            site=target,
            overlap_hours=facts["overlap_hours"],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"{target.name} has the new API key {new.key}", secret=new.secret)


class RevokeKey(Verb):
    name = "revoke_key"
    label = "Revoke API keys"
    submit = "Revoke keys"
    permission = "tenancy.revoke_api_key"
    icon = "key_off"
    is_dangerous = True
    related = ("account",)

    def refusal(self, target: Site) -> str:
        return "" if _working_keys(target) else f"{target.name} has no working API key."

    def consequences(self, target: Site, by: User) -> list[Consequence]:
        return [
            Consequence("API keys", ", ".join(_working_keys(target)), "refused at once"),
            Consequence("The WordPress plugin", "", "stops until it is given a new key"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        ended = api_keys.revoke(
            site=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{len(ended)} API key(s) of {target.name} are revoked.")
