"""The invoice as a document: one source of its facts, for the page and for the PDF."""
