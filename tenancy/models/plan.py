from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MAX_CREDITS = 10_000_000
MAX_PRICE = 100_000


class Currency(models.TextChoices):
    USD = "USD", "US dollar"


class Feature(models.TextChoices):
    AI_WRITER = "ai_writer", "AI writer"
    IMAGE_GEN = "image_gen", "Image generation"
    AUTO_PUBLISH = "auto_publish", "Auto publish"
    CUSTOM_PROMPTS = "custom_prompts", "Custom prompts"
    UNLIMITED = "unlimited", "Unlimited"


class Plan(models.Model):
    """What an account may do, and what a month of it costs.

    An archived plan is no longer sold; its accounts keep working. A plan that is not active is
    switched off: its accounts are refused at every door.
    """

    name = models.CharField(max_length=100)
    slug = models.CharField(
        max_length=60, unique=True, help_text="Used by the product and in CSV files."
    )
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Per month.")
    currency = models.CharField(max_length=3, choices=Currency, default=Currency.USD)
    included_credits = models.PositiveIntegerField(help_text="Credits granted for each paid month.")
    max_sites = models.PositiveIntegerField(default=1)
    max_users = models.PositiveIntegerField(default=1)
    features = ArrayField(
        models.CharField(max_length=30, choices=Feature), default=list, blank=True
    )
    trial_days = models.PositiveSmallIntegerField(default=0, help_text="0 means no trial.")
    is_active = models.BooleanField("in service", default=True)
    is_public = models.BooleanField("offered to customers", default=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order in lists, lowest first."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(table_name="igny8_plan_history")

    class Meta:
        db_table = "igny8_plans"
        ordering = ("position", "id")
        default_permissions = ("view",)
        permissions = (
            ("create_plan", "Create a plan"),
            ("edit_plan", "Edit a plan"),
            ("archive_plan", "Archive a plan or put it back on sale"),
            ("import_plan", "Import plans from CSV"),
            ("export_plan", "Export plans to CSV"),
        )
        constraints = (
            models.CheckConstraint(
                name="plan_slug_form", condition=models.Q(slug__regex=SLUG_PATTERN)
            ),
            models.CheckConstraint(
                name="plan_name_given", condition=~models.Q(name__regex=r"^\s*$")
            ),
            models.CheckConstraint(
                name="plan_price_range", condition=models.Q(price__gte=0, price__lte=MAX_PRICE)
            ),
            models.CheckConstraint(
                name="plan_credits_range", condition=models.Q(included_credits__lte=MAX_CREDITS)
            ),
            models.CheckConstraint(
                name="plan_limits_positive", condition=models.Q(max_sites__gte=1, max_users__gte=1)
            ),
            models.CheckConstraint(
                name="plan_features_known",
                condition=models.Q(features__contained_by=list(Feature.values)),
            ),
            models.CheckConstraint(
                name="plan_archived_not_public",
                condition=models.Q(archived_at__isnull=True) | models.Q(is_public=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    def get_effective_credits_per_month(self) -> int:
        """Credits that one month of this plan gives (the seed's name for it)."""
        return self.included_credits

    @property
    def credits_at_start(self) -> int:
        """Credits of a new account on this plan before anything is paid.

        Trials and the public free plan start with the month's credits; a plan with a price, or one
        agreed on by hand, gives credits only once it is paid or granted.
        """
        starts_free = self.trial_days > 0 or (self.price == 0 and self.is_public)
        return self.get_effective_credits_per_month() if starts_free else 0
