"""The groups of console staff and what each may do: one permission for each verb.

Written into the database by migration; a test holds that both agree. Nobody gets permissions of
their own.
"""

from dataclasses import dataclass, field

from django.contrib.auth.models import Group, Permission

VIEWED_APPS = ("tenancy", "billing", "console")


@dataclass(frozen=True)
class StaffGroup:
    """`verbs` are permissions as app.codename. Every group sees everything; that is not listed.

    `per_grant` and `per_day` are the first limits for granting credits; staff edit them later.
    """

    name: str
    description: str
    verbs: frozenset[str] = field(default_factory=frozenset)
    per_grant: int | None = None
    per_day: int | None = None


SUPPORT = StaffGroup(
    name="Support",
    description="Helps customers: finds them, suspends, reactivates, extends trials, makes keys.",
    verbs=frozenset(
        {
            "tenancy.write_note",
            "tenancy.create_account",
            "tenancy.edit_account",
            "tenancy.suspend_account",
            "tenancy.reactivate_account",
            "tenancy.cancel_account",
            "tenancy.extend_trial",
            "tenancy.change_role",
            "tenancy.deactivate_user",
            "tenancy.send_sign_in_link",
            "tenancy.give_site",
            "tenancy.hand_over_account",
            "tenancy.withdraw_invitation",
            "tenancy.rotate_api_key",
            "tenancy.revoke_api_key",
            "billing.open_bank_transfer",
            "billing.grant_credits",
            "billing.withdraw_approval",
        }
    ),
    per_grant=200,
    per_day=500,
)
FINANCE = StaffGroup(
    name="Finance",
    description="Keeps the money: confirms transfers, keeps plans, corrects credits, imports.",
    verbs=frozenset(
        {
            "tenancy.write_note",
            "tenancy.create_account",
            "tenancy.edit_account",
            "tenancy.suspend_account",
            "tenancy.reactivate_account",
            "tenancy.cancel_account",
            "tenancy.import_account",
            "tenancy.export_account",
            "tenancy.create_plan",
            "tenancy.edit_plan",
            "tenancy.archive_plan",
            "tenancy.import_plan",
            "tenancy.export_plan",
            "tenancy.export_user",
            "tenancy.export_site",
            "billing.open_bank_transfer",
            "billing.confirm_bank_transfer",
            "billing.reject_bank_transfer",
            "billing.reverse_bank_transfer",
            "billing.write_off_shortfall",
            "billing.import_bankstatement",
            "billing.apply_statementline",
            "billing.hold_statementline",
            "billing.return_statementline",
            "billing.ignore_statementline",
            "billing.use_unapplied_money",
            "billing.export_statementline",
            "billing.export_report",
            "billing.grant_credits",
            "billing.adjust_credits",
            "billing.withdraw_approval",
            "billing.reverse_credits",
            "billing.unfreeze_balance",
            "billing.edit_credit_cost",
            "billing.export_credittransaction",
            "billing.export_payment",
            "billing.export_invoice",
        }
    ),
    per_grant=2_000,
    per_day=10_000,
)
APPROVER = StaffGroup(
    name="Approver",
    description="Second pair of eyes: approves or declines what is above a person's limit.",
    verbs=frozenset({"billing.decide_approval", "tenancy.write_note"}),
)
AUDITOR = StaffGroup(
    name="Auditor",
    description="Reads everything, changes nothing, exports the audit trail.",
    verbs=frozenset({"tenancy.export_auditevent"}),
)
ADMINISTRATOR = StaffGroup(
    name="Administrator",
    description="Manages staff, groups and limits; deletes and restores accounts. Moves no money.",
    verbs=frozenset(
        {
            "tenancy.manage_staff",
            "tenancy.write_note",
            "tenancy.edit_account",
            "tenancy.suspend_account",
            "tenancy.reactivate_account",
            "tenancy.cancel_account",
            "tenancy.delete_account",
            "tenancy.restore_account",
            "tenancy.change_role",
            "tenancy.deactivate_user",
            "tenancy.send_sign_in_link",
            "tenancy.revoke_api_key",
            "billing.edit_grant_limit",
        }
    ),
)

GROUPS = (SUPPORT, FINANCE, APPROVER, AUDITOR, ADMINISTRATOR)


def sync() -> None:
    """Bring the database's groups to this table. Called by migrations; safe to run again."""
    views = Permission.objects.filter(
        content_type__app_label__in=VIEWED_APPS, codename__startswith="view_"
    ) | Permission.objects.filter(content_type__app_label="auth", codename="view_group")
    for staff_group in GROUPS:
        group, _ = Group.objects.get_or_create(name=staff_group.name)
        group.permissions.set([*views, *(_permission(name) for name in sorted(staff_group.verbs))])


def _permission(name: str) -> Permission:
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
