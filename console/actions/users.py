"""Dialogs of an account's people: role, owner, sign-in, invitation."""

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import HttpRequest

from console.actions.base import Consequence, Done, Verb
from console.actions.forms import VerbForm
from tenancy.errors import ServiceError
from tenancy.models import Account, User
from tenancy.records import refuse_own_account
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services import invitees, ownership, password_links, users
from tenancy.services.accounts import refuse_deleted
from tenancy.services.person_guards import refuse_staff_too


class PersonVerb(Verb):
    """What all of them share: whose account is gone, and who is console staff, is left alone."""

    related = ("account",)

    def refusal_for(self, target: User, by: User) -> str:
        if target.account_id is not None:
            try:
                refuse_deleted(target.account)
                refuse_own_account(by=by, account=target.account)
                refuse_staff_too(target, by=by)
            except ServiceError as refusal:
                return refusal.message
        return super().refusal_for(target, by)


class ChangeRoleForm(VerbForm):
    role = forms.ChoiceField(
        choices=[(role, role.label) for role in ASSIGNABLE],
        help_text="Viewers read, editors write, admins see every site; owners may do everything.",
    )


class ChangeRole(PersonVerb):
    name = "change_role"
    label = "Change role"
    submit = "Change role"
    permission = "tenancy.change_role"
    icon = "manage_accounts"
    form_class = ChangeRoleForm

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account."
        if target.role not in ASSIGNABLE:
            return f"{target.email} is {target.get_role_display().lower()}; that stays."
        if target.account.owner_id == target.pk:
            return owns(target)
        return ""

    def initial(self, target: User) -> dict[str, Any]:
        return {"role": target.role}

    def consequences(self, target: User, by: User) -> list[Consequence]:
        role = target.get_role_display().lower()
        return [Consequence(f"Role in {target.account.name}", role, "the one you choose, at once")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        users.change_role(
            user=target, role=Role(facts["role"]), by=by, reason=reason, ticket_url=ticket_url
        )
        return Done(f"{target.email} is {target.get_role_display().lower()} now.")


class SendSignInLink(Verb):
    name = "send_sign_in_link"
    label = "Send sign-in link"
    submit = "Send link"
    permission = "tenancy.send_sign_in_link"
    icon = "forward_to_inbox"
    related = ("account",)

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account; console staff are managed under Staff."
        if target.account.is_deleted:
            return f"{target.account.name} is deleted. Restore it first."
        if target.is_staff:
            return f"{target.email} is console staff too; make a sign-in link under Staff."
        return "" if target.is_active else f"{target.email} is deactivated. Let them back in first."

    def consequences(self, target: User, by: User) -> list[Consequence]:
        password = "the present one works until then" if target.has_usable_password() else "none"
        return [
            Consequence("E-mail", "", f"to {target.email}, with a link that works once"),
            Consequence("Password", password, "the one they choose through the link"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        password_links.send(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"An e-mail with a link to choose a password is on its way to {target.email}.")


class MakeOwner(PersonVerb):
    name = "make_owner"
    label = "Make owner"
    submit = "Make owner"
    permission = "tenancy.hand_over_account"
    icon = "workspace_premium"
    related = ("account__owner",)

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account."
        if target.account.owner_id == target.pk:
            return f"{target.email} owns {target.account.name} already."
        if target.role not in ASSIGNABLE:
            return f"{target.email} is {target.get_role_display().lower()}; that stays."
        return "" if target.is_active else f"{target.email} is deactivated. Let them back in first."

    def consequences(self, target: User, by: User) -> list[Consequence]:
        former = target.account.owner
        shown = [Consequence(f"Owner of {target.account.name}", str(former or ""), target.email)]
        if target.role != Role.OWNER:
            role = target.get_role_display().lower()
            shown.append(Consequence(f"Role of {target.email}", role, "owner"))
        if former is not None and former.role == Role.OWNER:
            shown.append(Consequence(f"Role of {former.email}", "owner", "admin"))
        return shown

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        ownership.hand_over(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} owns {target.account.name} now.")


class DeactivateUser(PersonVerb):
    name = "deactivate_user"
    label = "Deactivate"
    submit = "Deactivate user"
    permission = "tenancy.deactivate_user"
    icon = "person_off"
    is_dangerous = True

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account; console staff are managed under Staff."
        if target.account.owner_id == target.pk:
            return owns(target)
        return "" if target.is_active else f"{target.email} is deactivated already."

    def consequences(self, target: User, by: User) -> list[Consequence]:
        return [Consequence("Sign-in", "open", "refused at once, in every session")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        users.deactivate(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} is deactivated.")


class ReactivateUser(PersonVerb):
    name = "reactivate_user"
    label = "Let back in"
    submit = "Let back in"
    permission = "tenancy.deactivate_user"
    icon = "person_check"

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account; console staff are managed under Staff."
        return f"{target.email} can sign in already." if target.is_active else ""

    def consequences(self, target: User, by: User) -> list[Consequence]:
        return [Consequence("Sign-in", "refused", "open at once")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        users.reactivate(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.email} can sign in again.")


class WithdrawInvitation(PersonVerb):
    name = "withdraw_invitation"
    label = "Withdraw invitation"
    submit = "Withdraw invitation"
    permission = "tenancy.withdraw_invitation"
    icon = "person_remove"
    is_dangerous = True

    def refusal(self, target: User) -> str:
        if target.account_id is None:
            return f"{target.email} belongs to no account."
        if target.account.owner_id == target.pk:
            return owns(target)
        if target.role not in ASSIGNABLE:
            return f"{target.email} is {target.get_role_display().lower()} and was not invited."
        if target.has_joined:
            return f"{target.email} has joined. Deactivate them instead."
        return ""

    def consequences(self, target: User, by: User) -> list[Consequence]:
        return [
            Consequence("Invitation", "open", "ended for good"),
            Consequence(target.email, "taken", "free to be invited or to sign up"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        account, email = target.account, target.email
        invitees.withdraw(user=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The invitation of {email} is withdrawn.", target=account)

    def next_page(
        self, model_admin: ModelAdmin, request: HttpRequest, target: models.Model | None
    ) -> str:
        """To the account's other people: the person's own page has nothing to show any more."""
        page = super().next_page(model_admin, request, target)
        return f"{page}?tab=people" if isinstance(target, Account) else page


def owns(target: User) -> str:
    return (
        f"{target.email} owns {target.account.name}. Make somebody else the account's owner first."
    )
