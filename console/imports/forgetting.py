"""What is thrown away of imports, and when: docs/adr/0010-what-a-purge-removes.md."""

from datetime import datetime

from django.db import transaction

from console.models import ImportFile, ImportKind, ImportProblem, ImportRow, ImportRun
from console.models.import_run import OPEN

# What stands in place of a failure that told of customers.
REMOVED = "removed"


def forget_unconfirmed(*, before: datetime) -> int:
    """Delete files uploaded before that time and never imported; returns how many.

    One that waits for a worker, or that a worker has, stays.
    """
    old = ImportFile.objects.filter(imported_at__isnull=True, uploaded_at__lt=before)
    waiting = ImportRun.objects.filter(state__in=OPEN).values("import_file")
    _, deleted = old.exclude(pk__in=waiting).only("pk").delete()
    return deleted.get(ImportFile._meta.label, 0)


@transaction.atomic
def forget_contents(*, before: datetime) -> int:
    """Empty files imported before that time, with their rows; returns how many.

    Who imported them, when, how many rows and the SHA-256 stay, and of each run what is no
    customer's.
    """
    done = ImportFile.objects.filter(imported_at__lt=before).exclude(content=b"", preview={})
    emptied = list(done.order_by("pk").select_for_update().values_list("pk", flat=True))
    ImportRow.objects.filter(import_file__in=emptied).delete()
    _forget_failures(emptied)
    return ImportFile.objects.filter(pk__in=emptied).update(content=b"", preview={})


@transaction.atomic
def forget_account(*, slug: str) -> None:
    """Remove what imported files told of this account: its rows, and the files' own bytes.

    Call it when the account is purged. Rows of other accounts stay to be looked at.
    """
    rows = ImportRow.objects.filter(
        slug=slug, import_file__kind=ImportKind.ACCOUNTS, import_file__imported_at__isnull=False
    )
    named = list(rows.values_list("import_file", flat=True))
    rows.delete()
    _forget_failures(named)
    ImportFile.objects.filter(pk__in=named).update(content=b"")


def _forget_failures(files: list[int]) -> None:
    """Why attempts before the import failed: in those words stand names and addresses."""
    ImportProblem.objects.filter(import_file__in=files).delete()
    failed = ImportRun.objects.filter(import_file__in=files).exclude(failure="")
    failed.update(failure=REMOVED)
