"""Dialogs of an account's life: create, edit, suspend, reactivate, cancel, trial, delete."""

from typing import Any

from django import forms
from django.utils import timezone

from billing.services import onboarding, reactivation
from console.actions.base import Consequence, Done, Verb
from console.actions.figures import credits_text, moment_text
from console.actions.forms import VerbForm
from tenancy.errors import ServiceError
from tenancy.models import Account, AccountStatus, Plan, SuspensionReason, User
from tenancy.services import accounts, lifecycle

LIVES = (AccountStatus.TRIAL, AccountStatus.PENDING_PAYMENT, AccountStatus.ACTIVE)


class CreateAccountForm(VerbForm):
    name = forms.CharField(max_length=255, help_text="The customer's name.")
    slug = forms.CharField(
        max_length=100, required=False, help_text="Left empty, it is made from the name."
    )
    plan = forms.ModelChoiceField(
        Plan.objects.filter(is_active=True, archived_at=None), empty_label=None
    )
    owner_email = forms.EmailField(
        required=False,
        help_text="The person who will own the account. They are sent a link to choose a password.",
    )
    billing_email = forms.EmailField(
        required=False, help_text="Where invoices and reminders go. Left empty: to the owner."
    )


class CreateAccount(Verb):
    name = "create_account"
    label = "Create account"
    submit = "Create account"
    permission = "tenancy.create_account"
    icon = "add"
    form_class = CreateAccountForm

    def consequences(self, target: None, by: User) -> list[Consequence]:
        return [
            Consequence("Status", "", "trial, for the plan's trial days"),
            Consequence("Credits", "", "the plan's, where it starts with a trial or is free"),
        ]

    def initial(self, target: None) -> dict[str, Any]:
        return {"plan": Plan.objects.filter(slug="free-trial").first()}

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        account = onboarding.create_account(
            name=facts["name"],
            slug=facts["slug"] or accounts.suggest_slug(facts["name"]),
            plan=facts["plan"],
            owner_email=facts["owner_email"],
            invites_owner=True,
            facts={"billing_email": facts["billing_email"]},
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"{account.name} was created with {account.credits:,} credits.", target=account)


class EditAccountForm(VerbForm):
    name = forms.CharField(max_length=255)
    billing_email = forms.EmailField(
        required=False, help_text="Where invoices and reminders go. Left empty: to the owner."
    )
    billing_address_line1 = forms.CharField(max_length=255, required=False, label="Address")
    billing_address_line2 = forms.CharField(
        max_length=255, required=False, label="Address, second line"
    )
    billing_address_city = forms.CharField(max_length=100, required=False, label="City")
    billing_address_state = forms.CharField(max_length=100, required=False, label="State or region")
    billing_address_postal_code = forms.CharField(
        max_length=20, required=False, label="Postal code"
    )
    billing_address_country = forms.CharField(
        max_length=2, required=False, label="Country", help_text="Two letters, such as PK or US."
    )
    payment_method = forms.ChoiceField(
        choices=[("", "not chosen"), *Account._meta.get_field("payment_method").choices],
        required=False,
    )
    exempt_from_suspension = forms.BooleanField(
        required=False, help_text="The daily job never suspends this account; people still can."
    )


class EditAccount(Verb):
    name = "edit_account"
    label = "Edit details"
    submit = "Save details"
    permission = "tenancy.edit_account"
    icon = "edit"
    form_class = EditAccountForm

    def refusal(self, target: Account) -> str:
        return f"{target.name} is deleted. Restore it first." if target.is_deleted else ""

    def initial(self, target: Account) -> dict[str, Any]:
        return {field: getattr(target, field) for field in accounts.EDITABLE}

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        accounts.edit(account=target, changes=facts, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The details of {target.name} were saved.")


class SuspendForm(VerbForm):
    code = forms.ChoiceField(
        label="Kind",
        choices=[(code, code.label) for code in lifecycle.SUSPENSION_CODES_OF_STAFF],
        initial=SuspensionReason.MANUAL,
        help_text="Abuse is for broken rules. Neither ends by a payment; only a person ends it.",
    )


class Suspend(Verb):
    name = "suspend"
    label = "Suspend"
    submit = "Suspend account"
    permission = "tenancy.suspend_account"
    icon = "block"
    is_dangerous = True
    form_class = SuspendForm

    def refusal(self, target: Account) -> str:
        if target.is_system:
            return f"{target.name} is a system account: it is never suspended."
        if target.is_deleted:
            return f"{target.name} is deleted. Restore it first."
        if target.status not in (AccountStatus.TRIAL, AccountStatus.ACTIVE):
            return (
                f"{target.name} is {target.get_status_display().lower()}; only a trial or an "
                "active account can be suspended."
            )
        return ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        return [
            Consequence("Status", target.get_status_display().lower(), "suspended"),
            Consequence("Sign-in, API keys", "open", "refused at once"),
            Consequence("Data and credits", "", "stay as they are"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        lifecycle.suspend(
            account=target,
            code=SuspensionReason(facts["code"]),
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"{target.name} is suspended.")


class Reactivate(Verb):
    name = "reactivate"
    label = "Reactivate"
    submit = "Reactivate account"
    permission = "tenancy.reactivate_account"
    icon = "play_arrow"

    def refusal(self, target: Account) -> str:
        if target.is_deleted:
            return f"{target.name} is deleted. Restore it first."
        if target.status in LIVES:
            return f"{target.name} is {target.get_status_display().lower()} and works already."
        try:
            reactivation.returns_to(target, now=timezone.now())
        except ServiceError as refusal:
            return refusal.message
        return ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        to = reactivation.returns_to(target, now=timezone.now())
        if to.status == AccountStatus.SUSPENDED:
            why = SuspensionReason(to.code).label.lower()
            return [
                Consequence("Suspended", target.get_status_reason_display().lower(), why),
                Consequence("From then on", "", "it can pay, or have its trial extended"),
            ]
        return [
            Consequence("Status", target.get_status_display().lower(), to.status.label.lower()),
            Consequence("Sign-in, API keys", "refused", "open at once"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        reactivation.reactivate(
            account=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        if target.status == AccountStatus.SUSPENDED:
            why = target.get_status_reason_display().lower()
            return Done(f"{target.name} stays suspended ({why}) and can pay now.")
        return Done(f"{target.name} is {target.get_status_display().lower()} again.")


class Cancel(Verb):
    name = "cancel"
    label = "Cancel account"
    submit = "Cancel the account"
    dismiss = "Keep the account"
    permission = "tenancy.cancel_account"
    icon = "cancel"
    is_dangerous = True

    def refusal(self, target: Account) -> str:
        if target.is_system:
            return f"{target.name} is a system account: it is never cancelled."
        if target.is_deleted:
            return f"{target.name} is deleted. Restore it first."
        if not target.can_become(AccountStatus.CANCELLED):
            return f"{target.name} is cancelled already."
        return ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        return [
            Consequence("Status", target.get_status_display().lower(), "cancelled"),
            Consequence("Sign-in, API keys", "open", "refused at once"),
            Consequence("Credits", "", f"{credits_text(target.credits)} stay in the ledger"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        lifecycle.cancel(
            account=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{target.name} is cancelled.")


class ExtendTrialForm(VerbForm):
    days = forms.IntegerField(
        min_value=1,
        max_value=lifecycle.MAX_TRIAL_EXTENSION_DAYS,
        initial=7,
        help_text="Days of 24 hours, from the trial's end, or from now when that is over.",
    )


class ExtendTrial(Verb):
    name = "extend_trial"
    label = "Extend trial"
    submit = "Extend trial"
    permission = "tenancy.extend_trial"
    icon = "more_time"
    form_class = ExtendTrialForm

    def refusal(self, target: Account) -> str:
        expired = target.status_reason == SuspensionReason.TRIAL_EXPIRED
        if target.is_deleted or not (target.status == AccountStatus.TRIAL or expired):
            return f"{target.name} is in no trial, running or expired, that could be extended."
        if target.trial_ends_at is None:
            return f"The trial of {target.name} has no end; there is nothing to extend."
        return ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        lines = [Consequence("Trial ends", moment_text(target.trial_ends_at), "later, by the days")]
        if target.status == AccountStatus.SUSPENDED:
            lines.insert(0, Consequence("Status", "suspended", "trial"))
        return lines

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        lifecycle.extend_trial(
            account=target,
            days=facts["days"],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"The trial of {target.name} ends {moment_text(target.trial_ends_at)}.")


class DeleteAccountForm(VerbForm):
    typed_slug = forms.CharField(
        label="Type the account's slug", help_text="So that it is surely the right one."
    )

    def clean_typed_slug(self) -> str:
        typed = self.cleaned_data["typed_slug"].strip()
        if typed != self.target.slug:
            raise forms.ValidationError(f"That is not “{self.target.slug}”.")
        return typed


class DeleteAccount(Verb):
    name = "delete_account"
    label = "Delete account"
    submit = "Delete the account"
    permission = "tenancy.delete_account"
    icon = "delete"
    is_dangerous = True
    form_class = DeleteAccountForm

    def refusal(self, target: Account) -> str:
        if target.is_system:
            return f"{target.name} is a system account: it is never deleted."
        return f"{target.name} is deleted already." if target.is_deleted else ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        return [
            Consequence("Sign-in, API keys", "", "refused at once"),
            Consequence(
                "Can be restored", "", f"for {target.deletion_retention_days} days; nothing is lost"
            ),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        accounts.soft_delete(
            account=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        until = moment_text(target.restore_until)
        return Done(f"{target.name} is deleted and can be restored until {until}.")


class RestoreAccount(Verb):
    name = "restore_account"
    label = "Restore account"
    submit = "Restore account"
    permission = "tenancy.restore_account"
    icon = "restore_from_trash"

    def refusal(self, target: Account) -> str:
        if target.purged_at is not None:
            return f"The personal data of {target.name} was removed for good."
        return "" if target.is_deleted else f"{target.name} is not deleted."

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        return [
            Consequence("Account", "deleted", f"{target.get_status_display().lower()}, as before")
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        accounts.restore(
            account=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{target.name} is restored.")
