from django.conf import settings
from django.db import models


class ListColumns(models.Model):
    """The columns of one list that one person chose to see; nobody else sees them.

    `columns` are their names, as in the address: “name.status_word.created”.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="list_columns"
    )
    list_name = models.CharField(max_length=100, help_text="As “tenancy.account”.")
    columns = models.CharField(max_length=500)
    chosen_at = models.DateTimeField()

    class Meta:
        db_table = "igny8_list_columns"
        ordering = ("list_name",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("person", "list_name"), name="list_columns_one_choice"),
            models.CheckConstraint(name="list_columns_not_none", condition=~models.Q(columns="")),
        )

    def __str__(self) -> str:
        return f"{self.list_name}: {self.columns}"
