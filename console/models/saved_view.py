from django.conf import settings
from django.db import models

# Of one person, over all lists.
MOST_VIEWS = 20


class SavedView(models.Model):
    """A list's filters under a name that one person gave them; nobody else sees it.

    `query` is the address after the question mark. `slot` is which of the person's places it has:
    there are as many as there may be views.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    slot = models.PositiveSmallIntegerField()
    list_name = models.CharField(max_length=100, help_text="As “tenancy.account”.")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "igny8_saved_views"
        ordering = ("list_name", "name")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("person", "slot"), name="saved_view_one_in_a_slot"),
            models.CheckConstraint(
                name="saved_view_limit", condition=models.Q(slot__gte=1, slot__lte=MOST_VIEWS)
            ),
            models.UniqueConstraint(
                fields=("person", "list_name", "name"), name="saved_view_one_of_a_name"
            ),
            models.CheckConstraint(
                name="saved_view_has_a_name", condition=~models.Q(name__regex=r"^\s*$")
            ),
            models.CheckConstraint(name="saved_view_filters", condition=~models.Q(query="")),
        )

    def __str__(self) -> str:
        return self.name
