from django.conf import settings
from django.db import models


class OneTimeToken(models.Model):
    """One use of one form. The second POST of the same form finds it and changes nothing."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=100, help_text="What it was used on: model and id.")
    used_at = models.DateTimeField(auto_now_add=True)
    message = models.TextField(help_text="What the first use answered.")

    class Meta:
        db_table = "igny8_one_time_tokens"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.token)
