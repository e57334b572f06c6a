"""The import itself: every row through the services, held to its preview, all of it or nothing."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from django.db import DataError, IntegrityError, connection

from console.imports import cells as read_cells
from console.imports import kept
from console.imports.foresight import foresee_row
from console.imports.importer import Importer, RowRefused, Who
from console.imports.opened import Opened, open_file
from console.imports.outcome import Change, Fingerprint, RowOutcome, Summary, difference
from console.imports.sheet import Problem
from console.models import ImportFile
from tenancy import context
from tenancy.errors import ServiceError, StateConflict
from tenancy.records import lock, record

logger = logging.getLogger(__name__)

# Called with the number of rows done; it may raise to give the import up.
type Tick = Callable[[int], None]


class AlreadyImported(StateConflict):
    code = "already_imported"


class PreviewOutdated(StateConflict):
    """`problems` are the lines that would go differently now, in words."""

    code = "preview_outdated"

    def __init__(self, message: str, *, problems: Sequence[Problem] = (), **facts: object) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)


class ImportUnderWay(StateConflict):
    code = "import_under_way"


def carry_out(*, import_file: ImportFile, who: Who, tick: Tick = lambda done: None) -> Summary:
    """Import a file exactly as its kept preview shows it, in the caller's transaction.

    Call it when the turn is taken (`take_turn`, `Beside.take_turn`). First every row is compared
    with the preview, so that all that differ are named at once and early; then each is done and
    what it did is compared again. Raises PreviewOutdated; the caller undoes everything.
    """
    with context.use(replace(context.current(), door="import")):
        content = bytes(import_file.content)
        if hashlib.sha256(content).hexdigest() != import_file.sha256:
            raise outdated(Problem.at(0, "", "", "The file is not the one that was uploaded."))
        opened = open_file(kind=import_file.kind, content=content)
        opened.importer.lock({read_cells.slug(cells["slug"]) for _, cells in opened.rows})
        _compare(import_file, opened, who, tick)
        done = 0
        for chunk in opened.chunks():
            shown = kept.expected(import_file, [line for line, _ in chunk])
            for line, cells in chunk:
                if line in shown:
                    _do(opened.importer, line, cells, who, shown[line])
                    done += 1
                tick(done)
        try:
            opened.importer.recheck()
        except ServiceError as refusal:
            raise outdated(Problem.at(0, "", "", refusal.message)) from None
        return _finish(import_file, opened.importer, who)


def outdated(*problems: Problem) -> PreviewOutdated:
    first, others = problems[0], len(problems) - 1
    about = f" ({first.value})" if first.column == "slug" and first.value else ""
    where = f"Line {first.line:,}{about}: " if first.line else ""
    more = f" {others:,} more {'is' if others == 1 else 'are'} affected." if others else ""
    return PreviewOutdated(
        f"Since the preview something else changed. {where}{first.message}{more} Nothing was "
        "imported: check the file again and look at the new preview.",
        problems=problems,
        current="outdated",
    )


def for_the_record(refusal: ServiceError) -> str:
    """What the audit trail keeps of a refusal.

    Nobody rewrites that again: it names lines, and no cell in which a customer's name may stand.
    """
    if not isinstance(refusal, PreviewOutdated) or not refusal.problems:
        return refusal.message
    lines = [problem.line for problem in refusal.problems]
    if not any(lines):
        return "Since the preview something else changed. Nothing was imported."
    more = f" and {len(lines) - 1:,} more" if lines[1:] else ""
    return f"Since the preview line {lines[0]:,}{more} changed. Nothing was imported."


def take_turn(kind: str) -> None:
    """One import of a kind at a time: this one, until its transaction ends.

    Of two files with the same new slugs the second then sees the first one's rows as a difference
    from its preview, not as a violated constraint. Raises ImportUnderWay.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [turn_of(kind)])
        if not cursor.fetchone()[0]:
            raise ImportUnderWay(
                f"Another import of {kind} is under way. Nothing was imported; send this again "
                "when that one is done.",
                current="busy",
            )


def refuse_imported(import_file: ImportFile) -> None:
    """Raises AlreadyImported, with who and when."""
    if import_file.is_imported:
        raise AlreadyImported(
            f"{import_file.name} was already imported by {import_file.imported_by} at "
            f"{import_file.imported_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current="imported",
        )


def turn_of(kind: str) -> str:
    """The name of the lock that an import of this kind holds."""
    return f"igny8 import {kind}"


def _compare(import_file: ImportFile, opened: Opened, who: Who, tick: Tick) -> None:
    fingerprint = Fingerprint(import_file.sha256)
    problems = list(opened.problems)
    for chunk in opened.chunks():
        shown = kept.expected(import_file, [line for line, _ in chunk])
        for line, cells in chunk:
            for found in foresee_row(opened.importer, line, cells, who):
                if isinstance(found, Problem):
                    problems.append(found)
                    continue
                fingerprint.add(found)
                changes = found.change != Change.UNCHANGED
                if shown.get(line) != (found if changes else None):
                    problems.append(_differs(shown.get(line), found))
        tick(0)
    if problems:
        raise outdated(*sorted(problems, key=lambda problem: problem.line))
    if str(fingerprint) != import_file.fingerprint:
        raise outdated(Problem.at(0, "", "", "It would do something else than was shown."))


def _do(
    importer: Importer, line: int, cells: Mapping[str, str], who: Who, shown: RowOutcome
) -> None:
    """Raises PreviewOutdated when the row is refused, or did something else than was shown."""
    try:
        done = importer.do(line=line, cells=cells, who=who)
    except RowRefused as refused:
        raise outdated(*refused.problems) from None
    except ServiceError as refusal:
        raise outdated(importer.refused(line, cells, refusal)) from None
    except (IntegrityError, DataError) as error:
        # The last guard held where no service saw anything: the person can go on, we must look.
        logger.exception("import of %s: line %s refused by the database", importer.plural, line)
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        message = (
            f"The database refuses this row (rule {rule or 'of a column'}). Check its cells, or "
            "show this message to the engineers."
        )
        raise outdated(Problem.at(line, "slug", cells["slug"], message)) from error
    if done != shown:
        raise outdated(_differs(shown, done))


def _differs(shown: RowOutcome | None, now: RowOutcome) -> Problem:
    return Problem.at(now.line, "slug", now.slug, f"{difference(shown, now)}.")


def _finish(import_file: ImportFile, importer: Importer, who: Who) -> Summary:
    lock(import_file)
    refuse_imported(import_file)
    import_file.imported_by, import_file.imported_at = who.by, who.now
    import_file.reason = who.reason
    import_file.save(update_fields=("imported_by", "imported_at", "reason"))
    summary = Summary.from_json(import_file.preview)
    record(
        f"{importer.plural}_imported",
        by=who.by,
        reason=who.reason,
        target=import_file,
        account=None,
        after={
            "file": import_file.name,
            "sha256": import_file.sha256,
            "uploaded_by": import_file.uploaded_by.email,
            **summary.totals(),
        },
        ticket_url=who.ticket_url,
    )
    return summary
