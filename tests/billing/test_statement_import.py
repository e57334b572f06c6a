"""A bank statement is imported as previewed: its new lines, all of them, once."""

from decimal import Decimal
from functools import partial

import pytest

from billing.models import BankFormat, BankStatement, LineState, StatementLine, StatementUpload
from billing.services import statement_previews, statement_uploads, statements
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AuditEvent
from tenancy.records import ReasonRequired
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_line, make_staff
from tests.racing import Meeting, a_copy, at_once, one_wins

HEAD = "Booking date;Value date;Amount;Currency;Payer;Payer IBAN;Reference;Transaction id\n"
FIRST = "2025-11-10;2025-11-10;89.00;USD;Home G8 Ltd;GB82WEST12345698765432;IG-1;T1\n"
TWIN = "2025-11-11;2025-11-11;20.00;USD;Somebody;;thanks;\n"
OUT = "2025-11-11;2025-11-11;-12.50;USD;Office rent;;November;T3\n"
NOTHING = "2025-11-11;2025-11-11;0.00;USD;Bank;;notice;T4\n"
LATER = "2025-11-12;2025-11-12;139.00;USD;TacBit;;IG 2;T5\n"


def staged(*rows: str, name: str = "november.csv", **overrides: object) -> StatementUpload:
    facts = {"bank": "West Bank", "by": make_staff("Finance"), "now": NOW} | overrides
    content = "".join([HEAD, *rows]).encode()
    return statement_uploads.upload(file_name=name, content=content, **facts)


def import_(upload: StatementUpload, **facts: object) -> BankStatement:
    by = facts.pop("by", None) or make_staff("Finance")
    shown = facts.pop("fingerprint", None)
    if shown is None:
        shown = statement_previews.preview(upload=upload).fingerprint
    facts = {"reason": REASON, "now": NOW} | facts
    return statements.import_(upload=upload, fingerprint=shown, by=by, **facts)


def test_every_line_is_kept_and_marked(world: World) -> None:
    upload = staged(FIRST, TWIN, TWIN, OUT, NOTHING)
    found = statement_previews.preview(upload=upload)
    assert (len(found.new), found.known, found.faults) == (5, 0, ())
    assert (found.sum_in, found.sum_out) == (Decimal("129.00"), Decimal("12.50"))
    assert not StatementLine.objects.exists()

    statement = import_(upload, by=world.fiona)

    assert (statement.line_count, statement.sum_in, statement.sum_out) == (
        5,
        Decimal("129.00"),
        Decimal("12.50"),
    )
    lines = list(statement.lines.order_by("line_number"))
    assert [(line.amount, line.state, line.remaining) for line in lines] == [
        (Decimal("89.00"), LineState.NEW, Decimal("89.00")),
        (Decimal("20.00"), LineState.NEW, Decimal("20.00")),
        (Decimal("20.00"), LineState.NEW, Decimal("20.00")),
        (Decimal("-12.50"), LineState.OUTGOING, Decimal("0.00")),
        (Decimal("0.00"), LineState.ZERO, Decimal("0.00")),
    ]
    assert [line.occurrence for line in lines] == [1, 1, 2, 1, 1]
    assert (lines[0].payer_iban, lines[0].reference_normalised) == ("GB82WEST12345698765432", "IG1")
    event = AuditEvent.objects.get(verb="statement_imported")
    assert (event.actor, event.after["lines"], event.after["sum_in"]) == (world.fiona, 5, "129.00")


def test_of_files_that_overlap_only_new_lines_come_in(world: World) -> None:
    import_(staged(FIRST, TWIN))
    upload = staged(FIRST, TWIN, TWIN, LATER, name="later.csv")

    found = statement_previews.preview(upload=upload)
    assert (found.known, [one.line.number for one in found.new]) == (2, [3, 4])
    import_(upload)

    assert StatementLine.objects.count() == 4
    assert StatementLine.objects.filter(payer_name="Somebody").count() == 2


def test_the_same_file_is_told_by_whom_and_when(world: World) -> None:
    upload, other = staged(FIRST), staged(FIRST, name="again.csv")
    import_(upload, by=world.fiona)

    says = f"imported on 2025-11-12 09:30 UTC by {world.fiona}, as november.csv"
    with refused(statement_uploads.AlreadyImported, says=says):
        statement_uploads.upload(
            bank="Other",
            file_name="c.csv",
            content=(HEAD + FIRST).encode(),
            by=world.fiona,
            now=NOW,
        )
    for copy in (upload, other):
        with refused(statement_uploads.AlreadyImported, says=says):
            import_(a_copy(copy), by=world.fiona)


def test_what_was_previewed_is_what_comes_or_nothing(world: World) -> None:
    seen = staged(FIRST, TWIN, LATER)
    shown = statement_previews.preview(upload=seen).fingerprint
    import_(staged(FIRST, name="first.csv"))

    with refused(statements.PreviewOutdated, says="Look at the preview again"):
        import_(seen, fingerprint=shown, by=world.fiona)
    assert import_(seen).line_count == 2


def test_a_file_with_one_bad_line_brings_nothing(world: World) -> None:
    upload = staged(FIRST, TWIN.replace("20.00", "2O.00"), LATER.replace("2025-11-12", "soon"))

    found = statement_previews.preview(upload=upload)
    assert [(fault.line, fault.column, fault.value) for fault in found.faults] == [
        (3, "Amount", "2O.00"),
        (4, "Booking date", "soon"),
        (4, "Value date", "soon"),
    ]
    with refused(StateConflict, says="2O.00"):
        import_(upload, fingerprint="", by=world.fiona)


def test_a_file_without_news_and_other_refusals_change_nothing(world: World) -> None:
    import_(staged(FIRST, TWIN))
    known = staged(FIRST, name="part.csv")
    facts = {"file_name": "x.csv", "by": world.fiona, "now": NOW}

    with refused(StateConflict, says="nothing to import"):
        import_(known, by=world.fiona)
    with refused(ReasonRequired):
        import_(known, reason=" ", by=world.fiona)
    with refused(InvalidValue):
        statement_uploads.upload(bank="  ", content=b"x", **facts)
    with refused(InvalidValue, says="empty"):
        statement_uploads.upload(bank="West Bank", content=b"", **facts)
    with refused(InvalidValue, says="10 MB fit"):
        statement_uploads.upload(bank="West Bank", content=b"x" * 10_000_001, **facts)
    with refused(InvalidValue):
        statement_uploads.choose(upload=known, columns={}, style={"decimal": "x"})


def test_a_bank_id_that_says_something_else_now_is_an_error(world: World) -> None:
    make_line(Decimal("89.00"), bank_transaction_id="T1")
    upload = staged(FIRST)

    (fault,) = statement_previews.preview(upload=upload).faults
    assert (fault.line, fault.value) == (2, "T1")
    with refused(StateConflict, says="T1"):
        import_(upload, by=world.fiona)


def test_how_a_bank_is_read_is_remembered(world: World) -> None:
    content = b"Tag;Betrag;Wer\n01.02.2025;1.234,50;A\n"
    facts = {"file_name": "a.csv", "by": world.fiona, "now": NOW}
    upload = statement_uploads.upload(bank=" West  Bank ", content=content, **facts)
    assert statement_previews.preview(upload=upload).statement is None
    columns = {"booked_on": "Tag", "amount": "Betrag", "payer_name": "Wer"}
    style = {"decimal": ",", "dates": "DMY", "currency": "USD"}
    statement_uploads.choose(upload=upload, columns=columns, style=style)
    import_(upload, by=world.fiona)

    line = StatementLine.objects.get()
    assert (line.amount, line.value_date.isoformat()) == (Decimal("1234.50"), "2025-02-01")
    kept = BankFormat.objects.get()
    assert (kept.bank, kept.columns, kept.style) == ("West Bank", columns, style)
    again = statement_uploads.upload(
        bank="west bank", content=content + b"02.02.2025;2,00;B\n", **facts
    )
    assert (again.bank, len(statement_previews.preview(upload=again).new)) == ("West Bank", 1)


def test_a_failure_midway_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = staged(FIRST, TWIN)
    monkeypatch.setattr(statements, "record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        import_(upload)

    assert not BankStatement.objects.exists()
    assert not StatementLine.objects.exists()
    assert not BankFormat.objects.exists()


def test_of_two_people_one_imports(committed: None) -> None:
    upload, people = staged(FIRST, TWIN), [make_staff("Finance") for _ in range(4)]
    shown = statement_previews.preview(upload=upload).fingerprint
    calls = [partial(import_, a_copy(upload), fingerprint=shown, by=one) for one in people]

    outcomes = at_once(*calls)

    one_wins(outcomes, refused_with=statement_uploads.AlreadyImported)
    assert StatementLine.objects.count() == 2


def test_of_one_file_uploaded_for_two_banks_one_comes(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = [staged(FIRST, TWIN, bank=bank) for bank in ("West Bank", "Westbank")]
    shown = [statement_previews.preview(upload=upload).fingerprint for upload in uploads]
    by, meeting, look = make_staff("Finance"), Meeting(2), statements.refuse_imported

    def look_at_the_same_moment(sha256: str) -> None:
        look(sha256)
        meeting.wait()

    monkeypatch.setattr(statements, "refuse_imported", look_at_the_same_moment)
    outcomes = at_once(
        *(
            partial(import_, a_copy(upload), fingerprint=fingerprint, by=by)
            for upload, fingerprint in zip(uploads, shown, strict=True)
        )
    )

    one_wins(outcomes, refused_with=statement_uploads.AlreadyImported)
    assert (StatementLine.objects.count(), BankFormat.objects.count()) == (2, 1)


def test_what_is_more_than_can_be_kept_is_said_in_the_preview(world: World) -> None:
    most = FIRST.replace("89.00", "999999999999.99")
    upload = staged(most, most.replace(";T1", ";T9"))

    (fault,) = statement_previews.preview(upload=upload).faults

    assert "more than can be kept as a sum" in str(fault)
    with refused(StateConflict, says="more than can be kept as a sum"):
        import_(upload, by=world.fiona)
    import_(staged(most))


def test_of_two_files_that_overlap_each_line_comes_once(committed: None) -> None:
    uploads = [staged(FIRST, TWIN), staged(FIRST, TWIN, LATER, name="b.csv")]
    shown = [statement_previews.preview(upload=upload).fingerprint for upload in uploads]
    by = make_staff("Finance")

    outcomes = at_once(
        *(
            partial(import_, a_copy(upload), fingerprint=fingerprint, by=by)
            for upload, fingerprint in zip(uploads, shown, strict=True)
        )
    )

    # Nothing is left of the shorter file when the longer one was faster.
    shorter_won = outcomes[0].refusal is None
    one_wins(outcomes, refused_with=statements.PreviewOutdated if shorter_won else StateConflict)
    assert StatementLine.objects.filter(payer_name="Home G8 Ltd").count() == 1
