"""The PDF's letters: Latin, Greek and Cyrillic from one font, Chinese, Japanese and Korean from
another. What neither has, or what runs from right to left, is shown as a box and never dropped.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).parent / "fonts"
PLAIN, BOLD, EAST_ASIAN = "DejaVuSans", "DejaVuSans-Bold", "DroidSansFallback"
BOX = "□"
# Arabic and Hebrew would come out in the wrong order, and unjoined.
FROM_THE_RIGHT = {"R", "AL"}


@cache
def fonts() -> dict[str, TTFont]:
    """By name; read and registered once in a process."""
    found = {name: TTFont(name, FOLDER / f"{name}.ttf") for name in (PLAIN, BOLD, EAST_ASIAN)}
    for font in found.values():
        pdfmetrics.registerFont(font)
    return found


def drawable(text: str) -> str:
    """The text in letters that the fonts have: composed, no controls, boxes for the rest."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_drawable(letter) for letter in composed)


def has_boxes(text: str) -> bool:
    return BOX in drawable(text) and BOX not in text


def markup(text: str, *, font: str = PLAIN) -> str:
    """Text as reportlab's paragraphs take it: escaped, each letter in a font that has it."""
    return "".join(
        escape(part) if name == font else f'<font name="{name}">{escape(part)}</font>'
        for name, part in _parts(drawable(text), font)
    )


def _parts(text: str, font: str) -> Iterator[tuple[str, str]]:
    for name, letters in groupby(
        text, key=lambda letter: font if _has(font, letter) else EAST_ASIAN
    ):
        yield name, "".join(letters)


def _drawable(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind.startswith("Z") or letter in "\t\n\r":
        return " "
    if kind in ("Cc", "Cf"):
        return ""
    if unicodedata.bidirectional(letter) in FROM_THE_RIGHT:
        return BOX
    # Beyond four hexadecimal digits, reportlab writes what cannot be copied out of the file.
    if ord(letter) > 0xFFFF:
        return BOX
    return letter if _has(PLAIN, letter) or _has(EAST_ASIAN, letter) else BOX


def _has(font: str, letter: str) -> bool:
    return ord(letter) in fonts()[font].face.charToGlyph
