from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from tenancy.models.plan import SLUG_PATTERN

RESERVED_SLUGS = ("aws-admin", "default-account", "default")


class AccountStatus(models.TextChoices):
    TRIAL = "trial", "Trial"
    PENDING_PAYMENT = "pending_payment", "Pending payment"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CANCELLED = "cancelled", "Cancelled"


class SuspensionReason(models.TextChoices):
    TRIAL_EXPIRED = "trial_expired", "Trial expired"
    PAYMENT_FAILED = "payment_failed", "Payment failed"
    ABUSE = "abuse", "Abuse"
    MANUAL = "manual", "Manual"


class PaymentMethod(models.TextChoices):
    STRIPE = "stripe", "Stripe"
    BANK_TRANSFER = "bank_transfer", "Bank transfer"
    MANUAL = "manual", "Manual"


# Money ends these suspensions; the others were a person's decision and only a person ends them.
SUSPENSIONS_THAT_MONEY_ENDS = frozenset(
    {SuspensionReason.TRIAL_EXPIRED, SuspensionReason.PAYMENT_FAILED}
)

# The only steps from status to status. The database holds the same table in a trigger.
TRANSITIONS: dict[AccountStatus, frozenset[AccountStatus]] = {
    AccountStatus.TRIAL: frozenset(
        {
            AccountStatus.PENDING_PAYMENT,
            AccountStatus.ACTIVE,
            AccountStatus.SUSPENDED,
            AccountStatus.CANCELLED,
        }
    ),
    AccountStatus.PENDING_PAYMENT: frozenset(
        {
            AccountStatus.TRIAL,
            AccountStatus.ACTIVE,
            AccountStatus.SUSPENDED,
            AccountStatus.CANCELLED,
        }
    ),
    AccountStatus.ACTIVE: frozenset({AccountStatus.SUSPENDED, AccountStatus.CANCELLED}),
    AccountStatus.SUSPENDED: frozenset(
        {
            AccountStatus.TRIAL,
            AccountStatus.PENDING_PAYMENT,
            AccountStatus.ACTIVE,
            AccountStatus.CANCELLED,
        }
    ),
    AccountStatus.CANCELLED: frozenset({AccountStatus.PENDING_PAYMENT, AccountStatus.ACTIVE}),
}


class Account(models.Model):
    """A customer. Its credits are not here but in billing's balance and ledger."""

    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_accounts",
    )
    plan = models.ForeignKey("tenancy.Plan", models.PROTECT, related_name="accounts")
    is_system = models.BooleanField(
        "system account", default=False, help_text="Never suspended, cancelled or deleted."
    )
    status = models.CharField(max_length=20, choices=AccountStatus, default=AccountStatus.TRIAL)
    status_reason = models.CharField(max_length=20, choices=SuspensionReason, blank=True)
    status_changed_at = models.DateTimeField()
    status_before = models.CharField(
        max_length=20,
        choices=AccountStatus,
        blank=True,
        help_text="Status before the wait, suspension or cancellation in force.",
    )
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    exempt_from_suspension = models.BooleanField(
        default=False, help_text="The daily job never suspends this account; people still can."
    )
    payment_method = models.CharField(max_length=20, choices=PaymentMethod, blank=True)
    stripe_customer_id = models.CharField(max_length=255, blank=True)
    billing_email = models.EmailField(blank=True)
    billing_address_line1 = models.CharField(max_length=255, blank=True)
    billing_address_line2 = models.CharField(max_length=255, blank=True)
    billing_address_city = models.CharField(max_length=100, blank=True)
    billing_address_state = models.CharField(max_length=100, blank=True)
    billing_address_postal_code = models.CharField(max_length=20, blank=True)
    billing_address_country = models.CharField(
        max_length=2, blank=True, help_text="ISO 3166, two letters."
    )
    is_deleted = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    restore_until = models.DateTimeField(null=True, blank=True)
    deletion_retention_days = models.PositiveSmallIntegerField(default=14)
    purged_at = models.DateTimeField(
        null=True, blank=True, help_text="When the personal data was removed for good."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(table_name="igny8_tenant_history")

    class Meta:
        db_table = "igny8_tenants"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (
            ("create_account", "Create an account"),
            ("edit_account", "Edit an account's contact and billing data"),
            ("suspend_account", "Suspend an account"),
            ("reactivate_account", "Reactivate an account"),
            ("cancel_account", "Cancel an account"),
            ("extend_trial", "Extend an account's trial"),
            ("delete_account", "Delete an account (restorable for a time)"),
            ("restore_account", "Restore a deleted account"),
            ("hand_over_account", "Make another person an account's owner"),
            ("import_account", "Import accounts from CSV"),
            ("export_account", "Export accounts to CSV"),
        )
        indexes = (
            models.Index(fields=("status", "-id"), name="tenant_status"),
            # The queues of the dashboard are counted from this alone.
            models.Index(
                fields=("status", "status_changed_at", "id"),
                name="tenant_standing",
                condition=models.Q(is_deleted=False, is_system=False),
            ),
            # All that the sign-ups of a month are counted from.
            models.Index(
                fields=("created_at", "id"), include=("is_system",), name="tenant_created"
            ),
            models.Index(
                fields=("trial_ends_at", "id"),
                include=("status", "is_deleted", "is_system"),
                name="tenant_trial_end",
                condition=models.Q(trial_ends_at__isnull=False),
            ),
            # What few accounts are, and the list is filtered by.
            models.Index(
                fields=("status_reason", "-id"),
                name="tenant_status_reason",
                condition=~models.Q(status_reason=""),
            ),
            models.Index(
                fields=("payment_method", "-id"),
                name="tenant_payment_method",
                condition=~models.Q(payment_method=""),
            ),
            models.Index(
                fields=("-id",), name="tenant_deleted", condition=models.Q(is_deleted=True)
            ),
            models.Index(fields=("-id",), name="tenant_system", condition=models.Q(is_system=True)),
            models.Index(
                fields=("-id",),
                name="tenant_exempt",
                condition=models.Q(exempt_from_suspension=True),
            ),
        )
        constraints = (
            models.UniqueConstraint(Lower("slug"), name="tenant_slug_unique"),
            models.CheckConstraint(
                name="tenant_slug_form", condition=models.Q(slug__regex=SLUG_PATTERN)
            ),
            models.CheckConstraint(
                name="tenant_name_given", condition=~models.Q(name__regex=r"^\s*$")
            ),
            models.CheckConstraint(
                name="tenant_slug_not_reserved",
                condition=models.Q(is_system=True) | ~models.Q(slug__in=RESERVED_SLUGS),
            ),
            models.CheckConstraint(
                name="tenant_status_known", condition=models.Q(status__in=AccountStatus.values)
            ),
            models.CheckConstraint(
                name="tenant_suspended_says_why",
                condition=models.Q(
                    status=AccountStatus.SUSPENDED, status_reason__in=SuspensionReason.values
                )
                | (~models.Q(status=AccountStatus.SUSPENDED) & models.Q(status_reason="")),
            ),
            models.CheckConstraint(
                name="tenant_system_stays",
                condition=models.Q(is_system=False)
                | (
                    ~models.Q(status__in=(AccountStatus.SUSPENDED, AccountStatus.CANCELLED))
                    & models.Q(is_deleted=False)
                ),
            ),
            models.CheckConstraint(
                name="tenant_deleted_facts_together",
                condition=models.Q(
                    is_deleted=True, deleted_at__isnull=False, restore_until__isnull=False
                )
                | models.Q(
                    is_deleted=False,
                    deleted_at__isnull=True,
                    restore_until__isnull=True,
                    deleted_by__isnull=True,
                ),
            ),
            # Not before it could no longer be restored, and never restored after.
            models.CheckConstraint(
                name="tenant_purged_after_its_time",
                condition=models.Q(purged_at__isnull=True)
                | models.Q(is_deleted=True, purged_at__gte=models.F("restore_until")),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def credits(self) -> int:
        """Credits in the balance, held ones included."""
        return self.credit_balance.credits

    def is_system_account(self) -> bool:
        """The seed's name for it. A column and not the slug: a customer may be called Default."""
        return self.is_system

    def can_become(self, status: AccountStatus) -> bool:
        return status in TRANSITIONS[AccountStatus(self.status)]

    def trial_is_running(self, now: datetime) -> bool:
        return self.trial_ends_at is not None and now < self.trial_ends_at

    def trial_is_over(self, now: datetime) -> bool:
        """In trial past its end, and to be suspended for it: `lifecycle.trials_over` of one."""
        return (
            self.status == AccountStatus.TRIAL
            and self.trial_ends_at is not None
            and self.trial_ends_at <= now
            and not (self.exempt_from_suspension or self.is_system)
        )
