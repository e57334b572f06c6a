from django.conf import settings
from django.db import models


class Note(models.Model):
    """What staff want each other to know about an account. The text is never edited.

    At most one is pinned: everybody who opens the account reads it first.
    """

    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="notes")
    text = models.TextField()
    is_pinned = models.BooleanField("pinned", default=False)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_notes"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("write_note", "Write and pin notes"),)
        indexes = (models.Index(fields=("account", "-id"), name="note_newest_of_account"),)
        constraints = (
            models.UniqueConstraint(
                fields=("account",),
                name="note_one_pinned",
                condition=models.Q(is_pinned=True),
            ),
            models.CheckConstraint(
                name="note_says_something", condition=~models.Q(text__regex=r"^\s*$")
            ),
        )

    def __str__(self) -> str:
        return self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
