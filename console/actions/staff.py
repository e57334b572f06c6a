"""Dialogs of console staff: letting in, groups, locking out."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group

from console.actions.base import Consequence, Done, Verb
from console.actions.forms import VerbForm
from console.passwords import sign_in_link
from tenancy.models import Account, User
from tenancy.services import staff


class GroupsField(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Group.objects.order_by("name"),
            label="Groups",
            help_text="What each may do stands at Groups in the menu.",
            **kwargs,
        )


class AddStaffForm(VerbForm):
    email = forms.EmailField(label="E-mail", help_text="They sign in with it.")
    groups = GroupsField()


class AddStaff(Verb):
    name = "add_staff"
    label = "Add staff"
    submit = "Add staff"
    permission = "tenancy.manage_staff"
    icon = "person_add"
    form_class = AddStaffForm

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        user = staff.add(
            email=facts["email"],
            groups=_names(facts["groups"]),
            by=by,
            reason=reason,
            ticket_url=ticket_url,
        )
        return Done(
            f"{user.email} is console staff now. Send them this link: it lets them set a password, "
            "once, for three days.",
            target=user,
            secret=sign_in_link(user),
        )


class SetGroupsForm(VerbForm):
    groups = GroupsField()


class StaffVerb(Verb):
    """What all of them share: they are about staff, and nobody's own rights."""

    permission = "tenancy.manage_staff"

    def refusal(self, target: User) -> str:
        return "" if target.is_staff else f"{target.email} is no console staff."

    def account_of(self, target: User) -> Account | None:
        return None


class SetGroups(StaffVerb):
    name = "set_groups"
    label = "Choose groups"
    submit = "Set groups"
    icon = "group"
    form_class = SetGroupsForm

    def initial(self, target: User) -> dict[str, Any]:
        return {"groups": target.groups.all()}

    def consequences(self, target: User, by: User) -> list[Consequence]:
        now = ", ".join(_names(target.groups.order_by("name"))) or "none"
        return [Consequence("Groups", now, "exactly the ones ticked, at once")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        staff.set_groups(
            user=target, groups=_names(facts["groups"]), by=by, reason=reason, ticket_url=ticket_url
        )
        return Done(f"{target.email} is in {', '.join(_names(facts['groups']))} now.")


class NewSignInLink(StaffVerb):
    name = "new_sign_in_link"
    label = "New sign-in link"
    submit = "Make link"
    icon = "link"

    def refusal(self, target: User) -> str:
        if target.is_staff and not target.is_active:
            return f"{target.email} is locked out. Let them back in first."
        return super().refusal(target)

    def consequences(self, target: User, by: User) -> list[Consequence]:
        return [Consequence("Password", "", "the present one works until they set another")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        staff.announce_sign_in_link(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(
            f"Send {target.email} this link: it lets them set a password, once, for three days.",
            secret=sign_in_link(target),
        )


class DeactivateStaff(StaffVerb):
    name = "deactivate_staff"
    label = "Lock out"
    submit = "Lock out"
    icon = "person_off"
    is_dangerous = True

    def refusal(self, target: User) -> str:
        if target.is_staff and not target.is_active:
            return f"{target.email} is locked out already."
        return super().refusal(target)

    def consequences(self, target: User, by: User) -> list[Consequence]:
        return [Consequence("Sign-in", "open", "refused at once, in every session")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        staff.deactivate(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} is locked out.")


class ReactivateStaff(StaffVerb):
    name = "reactivate_staff"
    label = "Let back in"
    submit = "Let back in"
    icon = "person_check"

    def refusal(self, target: User) -> str:
        if target.is_staff and target.is_active:
            return f"{target.email} can sign in already."
        return super().refusal(target)

    def consequences(self, target: User, by: User) -> list[Consequence]:
        groups = ", ".join(_names(target.groups.order_by("name"))) or "none"
        return [Consequence("Sign-in", "refused", f"open at once, with the groups: {groups}")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        staff.reactivate(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} can sign in again.")


def _names(groups: Any) -> list[str]:
    return [group.name for group in groups]
