from datetime import timedelta

from django.conf import settings
from django.db import models

from console.models.import_file import ImportFile


class RunState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Imported"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (RunState.QUEUED, RunState.RUNNING)


class ImportRun(models.Model):
    """A confirmed import that a worker carries out, and how far it is.

    The rows themselves are one transaction of the worker. This row is written beside it, so that
    it can be read meanwhile; only `done` is part of that transaction.
    """

    import_file = models.ForeignKey(ImportFile, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    fingerprint = models.CharField(max_length=64, help_text="Of the preview that was confirmed.")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="confirmed_imports"
    )
    reason = models.TextField()
    ticket_url = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True, help_text="Of the confirmation.")
    ip = models.GenericIPAddressField(null=True)
    queued_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How many workers began it. Each may write only under its own number."
    )
    started_at = models.DateTimeField(null=True, help_text="When the present worker began.")
    heartbeat_at = models.DateTimeField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(help_text="New and changed rows.")
    finished_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    failure = models.TextField(blank=True, help_text="Why nothing was imported, in words.")

    class Meta:
        db_table = "igny8_import_runs"
        verbose_name = "import by a worker"
        verbose_name_plural = "imports by a worker"
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                name="import_run_one_at_a_time",
                fields=("import_file",),
                condition=models.Q(state__in=OPEN),
            ),
            models.CheckConstraint(
                name="import_run_says_why",
                condition=~models.Q(reason__regex=r"^\s*$"),
            ),
            models.CheckConstraint(
                name="import_run_progress",
                condition=models.Q(rows_done__lte=models.F("rows_total")),
            ),
            models.CheckConstraint(
                name="import_run_facts_of_its_state",
                condition=models.Q(state=RunState.QUEUED, finished_at=None, heartbeat_at=None)
                | models.Q(
                    state=RunState.RUNNING,
                    finished_at=None,
                    heartbeat_at__isnull=False,
                    attempts__gt=0,
                )
                | models.Q(
                    state__in=(RunState.DONE, RunState.FAILED, RunState.CANCELLED),
                    finished_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="import_run_failed_with_words",
                condition=models.Q(state=RunState.FAILED) & ~models.Q(failure="")
                | ~models.Q(state=RunState.FAILED) & models.Q(failure=""),
            ),
            models.CheckConstraint(
                name="import_run_cancelled_by_somebody",
                condition=models.Q(state=RunState.CANCELLED, cancelled_by__isnull=False)
                | ~models.Q(state=RunState.CANCELLED) & models.Q(cancelled_by=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.import_file} ({self.get_state_display().lower()})"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def took(self) -> timedelta:
        """From the confirmation to the end."""
        return self.finished_at - self.queued_at
