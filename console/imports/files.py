"""The verbs of an import: stage a file, preview it, confirm it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import transaction

from console.imports import kept, runs
from console.imports.carry_out import PreviewOutdated, carry_out, refuse_imported, take_turn
from console.imports.foresight import foresee
from console.imports.importer import Who
from console.imports.limits import BACKGROUND_ABOVE
from console.imports.opened import open_file
from console.imports.outcome import Fingerprint, RowOutcome, Summary
from console.imports.sheet import Problem
from console.models import ImportFile, ImportRun
from console.models.import_file import MAX_BYTES
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, clean_ticket, lock

PREVIEW_REASON = "Preview of an import"


class NotImportable(StateConflict):
    code = "not_importable"


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed; `run` is there when a worker carries it out, else it is done."""

    summary: Summary
    run: ImportRun | None = None


def stage(*, kind: str, name: str, content: bytes, by: User, now: datetime) -> ImportFile:
    """Keep an uploaded file for its preview; nothing else changes.

    Raises InvalidValue for an empty file and for one over 5 MB.
    """
    check_size(len(content))
    return ImportFile.objects.create(
        kind=kind,
        name=name[:255],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=by,
        uploaded_at=now,
    )


def check_size(size: int) -> None:
    """`size` is in bytes. Raises InvalidValue for an empty file and for one over 5 MB."""
    if not size:
        raise InvalidValue("This file is empty.", field="file")
    if size > MAX_BYTES:
        raise InvalidValue(
            f"This file has {size / 1024 / 1024:,.1f} MB; {MAX_BYTES // 1024 // 1024} MB fit, more "
            "than any allowed number of rows needs. Split it, or check that it is the right file.",
            field="file",
        )


@transaction.atomic
def preview(*, import_file: ImportFile, by: User, now: datetime) -> Summary:
    """Find out what importing would do and keep it; nothing but the preview is written.

    Raises AlreadyImported, and ImportUnderWay while a worker has it.
    """
    lock(import_file)
    refuse_imported(import_file)
    runs.refuse_open(import_file)
    who = Who(by=by, reason=PREVIEW_REASON, ticket_url="", now=now)
    opened = open_file(kind=import_file.kind, content=bytes(import_file.content))
    summary = Summary(opened.sheet.encoding, opened.sheet.delimiter, opened.sheet.blank_lines)
    fingerprint = Fingerprint(import_file.sha256)

    def found() -> Iterator[RowOutcome | Problem]:
        for each in chain(opened.problems, foresee(opened, who=who)):
            if isinstance(each, Problem):
                summary.problems += 1
            else:
                summary.count(each)
                fingerprint.add(each)
            yield each

    kept.keep(import_file, found())
    import_file.preview = summary.to_json()
    import_file.fingerprint = str(fingerprint)
    import_file.previewed_at, import_file.previewed_by = now, by
    import_file.save(update_fields=("preview", "fingerprint", "previewed_at", "previewed_by"))
    return summary


@transaction.atomic
def confirm(
    *,
    import_file: ImportFile,
    fingerprint: str,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Confirmed:
    """Import exactly what the preview with this fingerprint showed, all of it or nothing.

    Over 1,000 rows a worker does it (`runs.queue`), else it is done when this returns. Raises
    AlreadyImported, NotImportable for a file with problems or without changes, ImportUnderWay,
    and PreviewOutdated when another preview was made since or anything would go differently now.
    """
    reason, ticket_url = clean_reason(reason), clean_ticket(ticket_url)
    lock(import_file)
    refuse_imported(import_file)
    runs.refuse_open(import_file)
    if not import_file.preview:
        raise NotImportable("This file has no preview yet. Check it again.", current="staged")
    summary = Summary.from_json(import_file.preview)
    if summary.problems:
        raise NotImportable(
            f"The preview found errors ({summary.problems:,}). Correct them in the file and "
            "upload it again; nothing was imported.",
            current="errors",
        )
    if not summary.to_do:
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
    who = Who(by=by, reason=reason, ticket_url=ticket_url, now=now)
    if summary.rows > BACKGROUND_ABOVE:
        return Confirmed(summary, runs.queue(import_file=import_file, who=who))
    take_turn(import_file.kind)
    return Confirmed(carry_out(import_file=import_file, who=who))


def earlier_import(import_file: ImportFile) -> ImportFile | None:
    """The last import of a file with the same content, if there was one."""
    same = ImportFile.objects.filter(kind=import_file.kind, sha256=import_file.sha256)
    done = same.exclude(pk=import_file.pk).filter(imported_at__isnull=False)
    done = done.defer("content").select_related("imported_by")
    return done.order_by("-imported_at").first()
