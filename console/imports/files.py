"""The verbs of an import: stage a file, preview it, confirm it."""

import hashlib
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from console.imports.importer import Who
from console.imports.outcome import Outcome, first_difference
from console.imports.run import IMPORTERS, run
from console.models import ImportFile
from console.models.import_file import MAX_BYTES
from tenancy import context
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, lock, record

PREVIEW_REASON = "Preview of an import"


class AlreadyImported(StateConflict):
    code = "already_imported"


class NotImportable(StateConflict):
    code = "not_importable"


class PreviewOutdated(StateConflict):
    code = "preview_outdated"


def stage(*, kind: str, name: str, content: bytes, by: User, now: datetime) -> ImportFile:
    """Keep an uploaded file for its preview; nothing else changes.

    Raises InvalidValue for an empty file and for one over 5 MB.
    """
    if not content:
        raise InvalidValue("This file is empty.", field="file")
    if len(content) > MAX_BYTES:
        raise InvalidValue(too_large(len(content)), field="file")
    return ImportFile.objects.create(
        kind=kind,
        name=name[:255],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=by,
        uploaded_at=now,
    )


def too_large(size: int) -> str:
    return (
        f"This file has {size / 1024 / 1024:,.1f} MB; {MAX_BYTES // 1024 // 1024} MB fit, more "
        "than any allowed number of rows needs. Split it, or check that it is the right file."
    )


def preview(*, import_file: ImportFile, by: User, now: datetime) -> Outcome:
    """Find out what importing would do, with the very services that do it, and undo it all.

    Raises AlreadyImported.
    """
    who = Who(by=by, reason=PREVIEW_REASON, ticket_url="", now=now)
    with transaction.atomic(), _through_the_import_door():
        outcome = run(
            kind=import_file.kind, content=bytes(import_file.content), who=who, keep=False
        )
        transaction.set_rollback(True)
    with transaction.atomic():
        lock(import_file)
        _refuse_imported(import_file)
        import_file.preview = outcome.to_json()
        import_file.fingerprint = outcome.fingerprint()
        import_file.previewed_at, import_file.previewed_by = now, by
        import_file.save(update_fields=("preview", "fingerprint", "previewed_at", "previewed_by"))
    return outcome


@transaction.atomic
def confirm(
    *,
    import_file: ImportFile,
    fingerprint: str,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Outcome:
    """Import exactly what the preview with this fingerprint showed, all of it or nothing.

    Raises AlreadyImported, NotImportable for a file with problems or without changes, and
    PreviewOutdated when another preview was made since or anything would go differently now.
    """
    reason = clean_reason(reason)
    lock(import_file)
    _refuse_imported(import_file)
    if not import_file.preview:
        raise NotImportable("This file has no preview yet. Check it again.", current="staged")
    previewed = Outcome.from_json(import_file.preview)
    if previewed.problems:
        raise NotImportable(
            f"The preview found errors ({len(previewed.problems):,}). Correct them in the file and "
            "upload it again; nothing was imported.",
            current="errors",
        )
    if not previewed.changes_something:
        raise NotImportable(
            "Every row is as the file says already: there is nothing to import.",
            current="unchanged",
        )
    if fingerprint != import_file.fingerprint:
        raise PreviewOutdated(
            f"{import_file.previewed_by} made another preview of this file at "
            f"{import_file.previewed_at:%Y-%m-%d %H:%M} UTC. Look at that one; nothing was "
            "imported.",
            current="outdated",
        )
    _one_at_a_time(import_file.kind)
    who = Who(by=by, reason=reason, ticket_url=ticket_url, now=now)
    with _through_the_import_door():
        outcome = run(kind=import_file.kind, content=bytes(import_file.content), who=who, keep=True)
        if outcome.problems or outcome.fingerprint() != import_file.fingerprint:
            raise PreviewOutdated(
                f"Since the preview something else changed. {first_difference(previewed, outcome)} "
                "Nothing was imported: check the file again and look at the new preview.",
                current="outdated",
            )
        _finish(import_file, outcome, who)
    return outcome


def earlier_import(import_file: ImportFile) -> ImportFile | None:
    """The last import of a file with the same content, if there was one."""
    same = ImportFile.objects.filter(kind=import_file.kind, sha256=import_file.sha256)
    done = same.exclude(pk=import_file.pk).filter(imported_at__isnull=False)
    return done.select_related("imported_by").order_by("-imported_at").first()


def forget_unconfirmed(*, before: datetime) -> int:
    """Delete files uploaded before that time and never imported; returns how many."""
    old = ImportFile.objects.filter(imported_at__isnull=True, uploaded_at__lt=before)
    return old.delete()[0]


def forget_contents(*, before: datetime) -> int:
    """Empty files imported before that time: who, when, how many and the SHA-256 stay."""
    done = ImportFile.objects.filter(imported_at__lt=before).exclude(content=b"")
    return done.update(content=b"", preview={})


def _finish(import_file: ImportFile, outcome: Outcome, who: Who) -> None:
    import_file.imported_by, import_file.imported_at = who.by, who.now
    import_file.reason = who.reason
    import_file.save(update_fields=("imported_by", "imported_at", "reason"))
    record(
        f"{IMPORTERS[import_file.kind].plural}_imported",
        by=who.by,
        reason=who.reason,
        target=import_file,
        account=None,
        after={
            "file": import_file.name,
            "sha256": import_file.sha256,
            "uploaded_by": import_file.uploaded_by.email,
            **outcome.totals(),
        },
        ticket_url=who.ticket_url,
    )


def _refuse_imported(import_file: ImportFile) -> None:
    if import_file.is_imported:
        raise AlreadyImported(
            f"{import_file.name} was already imported by {import_file.imported_by} at "
            f"{import_file.imported_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current="imported",
        )


def _one_at_a_time(kind: str) -> None:
    # Two files with the same new slugs: the second waits here, and then sees the first one's rows
    # as a difference from its preview and not as a violated constraint.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"igny8 import {kind}"])


def _through_the_import_door():
    return context.use(replace(context.current(), door="import"))
