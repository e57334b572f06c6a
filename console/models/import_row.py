from django.db import models

from console.models.import_file import ImportFile
from console.models.import_run import ImportRun


class ImportRow(models.Model):
    """What one row of a file does: its preview, and what its import is held to.

    Rows that change nothing are counted in the file's summary and not kept.
    """

    import_file = models.ForeignKey(ImportFile, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    change = models.CharField(max_length=10)
    cells = models.JSONField(help_text="[column, before or null, after] of each cell it writes.")
    warning = models.TextField(blank=True)
    opening_credits = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "igny8_import_rows"
        ordering = ("line",)
        default_permissions = ()
        indexes = (
            models.Index(fields=("import_file", "change", "line"), name="import_row_pages"),
            models.Index(fields=("slug",), name="import_row_slug"),
        )
        constraints = (
            models.UniqueConstraint(name="import_row_line", fields=("import_file", "line")),
            models.CheckConstraint(
                name="import_row_changes_something",
                condition=models.Q(change__in=("new", "changed")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.import_file}, line {self.line}"


class ImportProblem(models.Model):
    """One thing to correct, found by the preview or, with `run`, by that run of the import."""

    import_file = models.ForeignKey(ImportFile, models.CASCADE, related_name="problems")
    run = models.ForeignKey(ImportRun, models.CASCADE, null=True, related_name="problems")
    line = models.PositiveIntegerField(help_text="0 is the whole file.")
    column = models.TextField(blank=True)
    value = models.TextField(blank=True)
    message = models.TextField()

    class Meta:
        db_table = "igny8_import_problems"
        ordering = ("line", "id")
        default_permissions = ()
        indexes = (models.Index(fields=("import_file", "line", "id"), name="import_problem_pages"),)

    def __str__(self) -> str:
        return f"{self.import_file}, line {self.line}: {self.message}"
