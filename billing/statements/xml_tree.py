"""XML that comes from outside, as a tree that knows its lines.

Without document type, entities and references to other files, and with a bound for its depth and
its size. Text between elements, where a statement has none, is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from billing.statements.encoding import CONTROL
from billing.statements.faults import Faults

MAX_DEPTH = 40  # a statement has some fifteen
MAX_ELEMENTS = 500_000


@dataclass(slots=True)
class Element:
    """`text` is what stands between the tags of an element without children."""

    name: str
    namespace: str
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
        attributes = "".join(
            f" {name}={quoteattr(value)}" for name, value in self.attributes.items()
        )
        inside = "".join(child.written() for child in self.children) or escape(self.text)
        return f"<{self.name}{attributes}>{inside}</{self.name}>"


def parse(data: bytes, faults: Faults) -> Element:
    """The root element. Raises Unreadable."""
    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
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
    return builder.root


class _Builder(ContentHandler):
    def __init__(self, locator: Locator, faults: Faults) -> None:
        super().__init__()
        self.locator = locator
        self.faults = faults
        self.open: list[Element] = []
        self.texts: list[list[str]] = []
        self.count = 0
        self.root: Element

    def startPrefixMapping(self, prefix: str | None, uri: str | None) -> None:  # noqa: N802
        # The driver splits names at blanks of every kind, and so would pass over one here.
        if uri and uri.split() != [uri]:
            self.faults.stop("is no namespace.", line=self.locator.getLineNumber(), value=uri)

    def startElementNS(self, name, qname, attrs) -> None:  # noqa: N802
        namespace, local = name
        line = self.locator.getLineNumber()
        element = Element(
            local, namespace or "", line, {key[1]: value for key, value in attrs.items()}
        )
        self.count += 1
        if len(self.open) >= MAX_DEPTH or self.count > MAX_ELEMENTS:
            self.faults.stop("is nested deeper or has more elements than a statement.", line=line)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def characters(self, content: str) -> None:
        self.texts[-1].append(content)

    def endElementNS(self, name, qname) -> None:  # noqa: N802
        element = self.open.pop()
        text = "".join(self.texts.pop()).strip()
        if text and element.children:
            self.faults.stop(
                "stands between two elements, where no text belongs.",
                line=element.line,
                column=element.name,
                value=text,
            )
        if CONTROL.search(text):
            self.faults.stop(
                "holds a control character.", line=element.line, column=element.name, value=text
            )
        element.text = text
