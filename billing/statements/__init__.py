"""Bank statement files, from bytes to lines. Knows no database: whoever imports stores them."""

from billing.statements.faults import Fault, Unreadable
from billing.statements.fingerprints import Fingerprint, file_sha256, fingerprints
from billing.statements.reading import MAX_BYTES, MAX_LINES, read
from billing.statements.statement import Line, Reversals, Statement, Style

__all__ = [
    "MAX_BYTES",
    "MAX_LINES",
    "Fault",
    "Fingerprint",
    "Line",
    "Reversals",
    "Statement",
    "Style",
    "Unreadable",
    "file_sha256",
    "fingerprints",
    "read",
]
