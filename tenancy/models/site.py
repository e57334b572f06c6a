from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from tenancy.models.encrypted_field import EncryptedTextField


class SiteStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    SUSPENDED = "suspended", "Suspended"


class Site(models.Model):
    """A customer's WordPress site."""

    # RESTRICT, not the CASCADE of old: one delete must never take a customer's sites with it.
    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, db_column="tenant_id", related_name="sites"
    )
    industry = models.ForeignKey(
        "tenancy.Industry", models.PROTECT, null=True, blank=True, related_name="sites"
    )
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255)
    domain = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)
    status = models.CharField(max_length=20, choices=SiteStatus, default=SiteStatus.ACTIVE)
    wp_url = models.URLField("WordPress address", blank=True)
    wp_username = models.CharField("WordPress user", max_length=255, blank=True)
    wp_app_password = EncryptedTextField("WordPress application password", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        table_name="igny8_site_history", excluded_fields=["wp_app_password"]
    )

    class Meta:
        db_table = "igny8_sites"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (
            ("rotate_api_key", "Make a new API key for a site"),
            ("revoke_api_key", "Revoke a site's API keys"),
            ("export_site", "Export sites to CSV"),
        )
        constraints = (
            models.UniqueConstraint(fields=("account", "slug"), name="site_slug_in_account"),
            models.UniqueConstraint(fields=("account", "id"), name="site_account_id"),
        )

    def __str__(self) -> str:
        return self.name


class SiteUserAccess(models.Model):
    """Lets an editor or viewer see one site. Both must be of the same account (composite keys)."""

    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, db_column="tenant_id", related_name="+"
    )
    site = models.ForeignKey(Site, models.CASCADE, related_name="user_accesses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="site_accesses")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "igny8_site_user_accesses"
        verbose_name_plural = "site user accesses"
        default_permissions = ("view",)
        permissions = (("give_site", "Give an editor or viewer a site, or take it away"),)
        constraints = (
            models.UniqueConstraint(fields=("site", "user"), name="site_user_access_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} on {self.site}"


class Sector(models.Model):
    """A part of a site's industry that the customer writes about."""

    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, db_column="tenant_id", related_name="sectors"
    )
    site = models.ForeignKey(Site, models.RESTRICT, related_name="sectors")
    industry_sector = models.ForeignKey(
        "tenancy.IndustrySector", models.PROTECT, null=True, blank=True, related_name="sectors"
    )
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "igny8_sectors"
        ordering = ("site", "name")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("site", "slug"), name="sector_slug_in_site"),
        )

    def __str__(self) -> str:
        return self.name
