"""The invoice as a PDF on A4, from the same facts as the page. The same facts, the same bytes."""

from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from billing.invoices.document import InvoiceDocument, Party
from billing.invoices.fonts import BOLD, BOX, PLAIN, drawable, fonts, has_boxes, markup

MARGIN = 20 * mm
PADDING = 6
WIDTH = A4[0] - 2 * MARGIN
HALF = WIDTH / 2
LABELS = 38 * mm
INK, DIM, LINE = HexColor("#111827"), HexColor("#4b5563"), HexColor("#d1d5db")
MARK_COLORS = {"PAID": HexColor("#166534"), "VOID": HexColor("#991b1b")}


def _style(size: float, font: str = PLAIN, **options: object) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}-{size}", fontName=font, fontSize=size, leading=size * 1.4, textColor=INK
    ).clone("", **options)


TEXT, STRONG = _style(9), _style(9, BOLD)
SMALL = _style(8, textColor=DIM)
LABEL = _style(9, textColor=DIM)
FIGURE = _style(9, alignment=TA_RIGHT)
TITLE = _style(18, BOLD)
HEADING = _style(11, BOLD, spaceBefore=6 * mm, spaceAfter=2 * mm)


def render(document: InvoiceDocument) -> bytes:
    """The file. A long name or many receipts go on over the line, and over the page."""
    fonts()
    file = BytesIO()
    template = SimpleDocTemplate(
        file,
        pagesize=A4,
        # The frame inside the margins has a padding of its own.
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN - PADDING,
        bottomMargin=MARGIN - PADDING,
        title=document.title,
        author=drawable(document.seller.name),
        lang="en",
        invariant=True,
    )
    template.build(_story(document), canvasmaker=_numbered(document.title))
    return file.getvalue()


def _story(document: InvoiceDocument) -> list[Flowable]:
    story = [
        _columns(
            _party(document.seller, SMALL),
            [
                _text(document.title, TITLE.clone("", alignment=TA_RIGHT)),
                *([_mark(document.mark)] if document.mark else []),
            ],
        ),
        Spacer(0, 10 * mm),
        _columns(
            [_text("Invoice to", LABEL), *_party(document.customer)], _pairs(document.facts, HALF)
        ),
        Spacer(0, 8 * mm),
        _item(document),
        _totals(document),
    ]
    if document.pay_to:
        story += [_text("How to pay", HEADING), *_pairs(document.pay_to, WIDTH)]
    if any(has_boxes(text) for text in _names(document)):
        note = f"{BOX} stands for a character that this file cannot show; the page shows it."
        story += [Spacer(0, 6 * mm), _text(note, SMALL)]
    return story


def _item(document: InvoiceDocument) -> Table:
    description = [_text(document.item, STRONG)]
    if document.period:
        description.append(_text(document.period, SMALL))
    rows = [
        [
            _text("Description", LABEL),
            _text("Credits", _right(LABEL)),
            _text("Amount", _right(LABEL)),
        ],
        [description, _text(f"{document.credits:,}", FIGURE), _text(document.price, FIGURE)],
    ]
    return Table(
        rows,
        colWidths=(WIDTH - 65 * mm, 25 * mm, 40 * mm),
        style=[
            ("LINEBELOW", (0, 0), (-1, 0), 0.75, LINE),
            ("LINEBELOW", (0, 1), (-1, 1), 0.75, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *_FLUSH,
        ],
    )


def _totals(document: InvoiceDocument) -> Table:
    first, *between, last = document.totals
    rows = [
        [_text(label, style), _text(amount, _right(style))]
        for style, lines in ((STRONG, [first]), (TEXT, between), (STRONG, [last]))
        for label, amount in lines
    ]
    return Table(
        rows,
        colWidths=(WIDTH - 40 * mm, 40 * mm),
        style=[("LINEABOVE", (0, -1), (-1, -1), 0.75, LINE), *_FLUSH],
    )


_FLUSH = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]


def _columns(left: list[Flowable], right: list[Flowable]) -> Table:
    return Table(
        [[left, right]],
        colWidths=(HALF, HALF),
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *_FLUSH,
            ("RIGHTPADDING", (0, 0), (0, 0), 8 * mm),
        ],
    )


def _pairs(pairs: tuple[tuple[str, str], ...], width: float) -> list[Flowable]:
    rows = [[_text(label, LABEL), _text(value, TEXT)] for label, value in pairs]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1), *_FLUSH]
    return [Table(rows, colWidths=(LABELS, width - LABELS), style=style, hAlign="LEFT")]


def _party(party: Party, style: ParagraphStyle = TEXT) -> list[Flowable]:
    return [_text(party.name, STRONG), *(_text(line, style) for line in party.lines)]


def _mark(mark: str) -> Flowable:
    color = MARK_COLORS[mark]
    return _text(mark, _style(14, BOLD, alignment=TA_RIGHT, textColor=color, spaceBefore=2 * mm))


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(markup(text, font=style.fontName), style)


def _right(style: ParagraphStyle) -> ParagraphStyle:
    return style.clone("", alignment=TA_RIGHT)


def _names(document: InvoiceDocument) -> tuple[str, ...]:
    """Everything that a person typed."""
    seller, customer = document.seller, document.customer
    return (seller.name, *seller.lines, customer.name, *customer.lines, document.item)


def _numbered(title: str) -> type[Canvas]:
    class NumberedCanvas(Canvas):
        """Writes “page 1 of 2” once it is known how many there are."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            self.pages: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.pages, start=1):
                self.__dict__.update(page)
                self.setFont(PLAIN, 8)
                self.setFillColor(DIM)
                self.drawString(MARGIN, 12 * mm, title)
                self.drawRightString(A4[0] - MARGIN, 12 * mm, f"Page {number} of {len(self.pages)}")
                super().showPage()
            super().save()

    return NumberedCanvas
