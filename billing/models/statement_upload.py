from django.conf import settings
from django.db import models


class StatementUpload(models.Model):
    """A bank statement file as it was uploaded, and how a person chose that it is read.

    The confirmation imports these very bytes: nothing a browser sends can put others in their
    place.
    """

    bank = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    columns = models.JSONField(default=dict, help_text="What each column of the file means.")
    style = models.JSONField(default=dict, help_text="How it writes numbers and dates.")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    statement = models.OneToOneField(
        "billing.BankStatement", models.RESTRICT, null=True, blank=True, related_name="upload"
    )

    class Meta:
        db_table = "igny8_statement_uploads"
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.file_name
