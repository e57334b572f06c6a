from django.db import models
from simple_history.models import HistoricalRecords


class Operation(models.TextChoices):
    CLUSTERING = "clustering", "Clustering"
    IDEA_GENERATION = "idea_generation", "Idea generation"
    CONTENT_GENERATION = "content_generation", "Content generation"
    IMAGE_GENERATION = "image_generation", "Image generation"
    IMAGE_PROMPT_EXTRACTION = "image_prompt_extraction", "Image prompt extraction"


class CostUnit(models.TextChoices):
    FIXED = "fixed", "a run"
    IDEA = "idea", "an idea"
    HUNDRED_WORDS = "hundred_words", "100 words, rounded up"
    IMAGE = "image", "an image"


class CreditCost(models.Model):
    """What an operation costs, in credits. A row here overrides the constant of the same name."""

    operation = models.CharField(max_length=40, choices=Operation, unique=True)
    unit = models.CharField(max_length=20, choices=CostUnit)
    credits = models.PositiveIntegerField(help_text="Credits for each unit.")
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(table_name="igny8_credit_cost_history")

    class Meta:
        db_table = "igny8_credit_costs"
        ordering = ("operation",)
        default_permissions = ("view",)
        permissions = (("edit_credit_cost", "Edit what operations cost"),)

    def __str__(self) -> str:
        return f"{self.get_operation_display()}: {self.credits} for {self.get_unit_display()}"
