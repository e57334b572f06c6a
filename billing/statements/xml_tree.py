"""XML that comes from outside, as a tree that knows its lines.

Without document type, entities and references to other files, and with a bound for its depth and
its size. Text between elements, where a statement has none, is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from billing.statements.encoding import CONTROL
from billing.statements.faults import Faults

MAX_DEPTH = 40  # a statement has some fifteen
MAX_ELEMENTS = 500_000  # 20,000 entries of 25


@dataclass(slots=True, eq=False)
class Element:
    """`name` has no prefix, unless it is not the one of the root: then it is of another kind.

    `text` is what stands between the tags of an element without children.
    """

    name: str
    line: int
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> Iterator["Element"]:
        """Every descendant on the path, as in "NtryDtls/TxDtls"."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, path: str) -> "Element | None":
        return next(self.all(path), None)

    def text_of(self, path: str) -> str:
        found = self.first(path)
        return found.text if found else ""

    def written(self) -> str:
        """The element as text, without what is only layout."""
        attributes = ""
        for name, value in self.attributes.items():
            attributes += f" {name}={quoteattr(value)}"
        inside = "".join([child.written() for child in self.children]) or escape(self.text)
        return f"<{self.name}{attributes}>{inside}</{self.name}>"


def parse(data: bytes, faults: Faults) -> tuple[Element, str]:
    """The root element and its namespace. Raises Unreadable."""
    parser = DefusedExpatParser(forbid_dtd=True)
    builder = _Builder(parser, faults)
    parser.setContentHandler(builder)
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException:
        faults.stop(
            "has a document type or entities, which no bank statement needs. It is not read.",
            line=parser.getLineNumber() or 0,
        )
    except SAXParseException as error:
        faults.stop(
            f"is damaged or incomplete XML (“{error.getMessage()}”, character "
            f"{(error.getColumnNumber() or 0) + 1:,}). Download the file again.",
            line=error.getLineNumber() or 0,
        )
    except (LookupError, ValueError) as error:
        faults.stop(f"is in an encoding that cannot be read: {error}.")
    return builder.root, builder.namespace


class _Builder(ContentHandler):
    """Knows one namespace: the root's. The parser's own handling of them takes twice as long."""

    def __init__(self, locator: Locator, faults: Faults) -> None:
        super().__init__()
        self.locator = locator
        self.faults = faults
        self.open: list[Element] = []
        self.texts: list[str] = []
        self.count = 0
        self.root: Element
        self.prefix = ""
        self.declaration = "xmlns"
        self.namespace = ""
        self.aliases: set[str] = set()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        line = self.locator.getLineNumber()
        self.count += 1
        if len(self.open) >= MAX_DEPTH or self.count > MAX_ELEMENTS:
            self.faults.stop("is nested deeper or has more elements than a statement.", line=line)
        attributes = dict(attrs.items()) if attrs.getLength() else {}
        if not self.open:
            prefix, colon, _ = name.rpartition(":")
            self.prefix = prefix + colon
            self.declaration = f"xmlns:{prefix}" if prefix else "xmlns"
            self.namespace = attributes.get(self.declaration, "")
        elif attributes.get(self.declaration, self.namespace) != self.namespace:
            self.faults.stop("has two namespaces of one name.", line=line)
        self.aliases.update(
            key.removeprefix("xmlns:") + ":"
            for key, value in attributes.items()
            if value == self.namespace and key.startswith("xmlns:") and key != self.declaration
        )
        # Its elements would be passed over, as those of another kind are.
        if self.aliases and name.startswith(tuple(self.aliases)):
            self.faults.stop("has two names for one namespace.", line=line, column=name)
        element = Element(name.removeprefix(self.prefix), line, attributes)
        if self.open:
            parent = self.open[-1]
            self._take_text(parent)
            parent.children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def characters(self, content: str) -> None:
        self.texts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        element = self.open.pop()
        self._take_text(element)

    def _take_text(self, element: Element) -> None:
        """What stood since the last tag: the text of an element, or only layout."""
        text = "".join(self.texts).strip()
        self.texts.clear()
        if not text:
            return
        place = {"line": element.line, "column": element.name, "value": text}
        if element.children or not self.open or element is self.open[-1]:
            self.faults.stop("stands between two elements, where no text belongs.", **place)
        if CONTROL.search(text):
            self.faults.stop("holds a control character.", **place)
        element.text = text
