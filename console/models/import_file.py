from django.conf import settings
from django.db import models

MAX_BYTES = 5 * 1024 * 1024


class ImportKind(models.TextChoices):
    PLANS = "plans", "Plans"
    ACCOUNTS = "accounts", "Accounts"


class ImportFile(models.Model):
    """A CSV file as it was uploaded, what its preview found and, once imported, by whom and when.

    The confirmation imports these very bytes: nothing a browser sends can put others in their
    place.
    """

    kind = models.CharField(max_length=10, choices=ImportKind)
    name = models.CharField(max_length=255)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploaded_imports"
    )
    uploaded_at = models.DateTimeField()
    preview = models.JSONField(
        default=dict, help_text="What an import would do, in figures: console.imports.outcome."
    )
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what the preview would do."
    )
    previewed_at = models.DateTimeField(null=True)
    previewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    imported_at = models.DateTimeField(null=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "igny8_import_files"
        verbose_name = "import"
        ordering = ("-id",)
        # The right to import is the kind's own: tenancy.import_plan, tenancy.import_account.
        default_permissions = ("view",)
        indexes = (models.Index(fields=("kind", "sha256"), name="import_same_content"),)
        constraints = (
            models.CheckConstraint(
                name="import_size", condition=models.Q(size__gt=0, size__lte=MAX_BYTES)
            ),
            models.CheckConstraint(
                name="import_says_who_and_why",
                condition=models.Q(imported_at__isnull=True, imported_by__isnull=True, reason="")
                | (
                    models.Q(imported_at__isnull=False, imported_by__isnull=False)
                    & ~models.Q(reason__regex=r"^\s*$")
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None
