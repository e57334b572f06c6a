import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.imports.reading import heading_name, read
from console.imports.sheet import Sheet

MAX_ROWS = 50
KNOWN = frozenset({"slug", "name", "price"})


def sheet(content: bytes) -> Sheet:
    return read(content, known=KNOWN, max_rows=MAX_ROWS)


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    ("delimiter", "in_words"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs")]
)
def test_encoding_and_delimiter_are_found_and_said(codec, label, delimiter, in_words):
    text = "slug,name,price\ncafe,Café Größe,5.00\n".replace(",", delimiter)

    found = sheet(text.encode(codec))

    assert (found.encoding, found.delimiter) == (label, in_words)
    assert found.headings.cells == ("slug", "name", "price")
    assert found.rows[0].cells == ("cafe", "Café Größe", "5.00")
    assert found.problems == []


def test_utf_16_without_its_mark_is_named():
    (problem,) = sheet("slug,name\nx,X\n".encode("utf-16-le")).problems

    assert "UTF-16" in problem.message


def test_bytes_of_no_encoding_name_the_line():
    (problem,) = sheet(b"slug,name\nx,\x81\x8d\n").problems

    assert "line 2" in problem.message


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_no_csv(content):
    (problem,) = sheet(content).problems

    assert "workbook" in problem.message
    assert "CSV UTF-8" in problem.message


def test_lines_are_those_of_the_file_across_quoted_line_breaks_and_blank_lines():
    content = b'slug,name\r\na,"one\r\ntwo\r\nthree"\r\n\r\n  , \r\nb,B\r\n'

    found = sheet(content)

    assert [row.line for row in found.rows] == [2, 7]
    assert found.blank_lines == 2


def test_old_mac_line_ends():
    assert [row.line for row in sheet(b"slug,name\ra,A\rb,B").rows] == [2, 3]


def test_excels_own_separator_line():
    found = sheet(b"sep=;\r\nslug;name\r\na;A\r\n")

    assert found.headings.line == 2
    assert found.rows[0].cells == ("a", "A")


def test_a_quotation_mark_that_never_closes_names_where_it_opens():
    (problem,) = sheet(b'slug,name\na,A\nb,"B\nc,C\n').problems

    assert problem.line == 3
    assert "never closed" in problem.message


def test_text_after_a_closing_quotation_mark():
    (problem,) = sheet(b'slug,name\na,"A"x\n').problems

    assert problem.line == 2
    assert "twice" in problem.message


def test_a_cell_beyond_the_readers_limit_is_a_problem_and_no_crash():
    (problem,) = sheet(b"slug,name\na," + b"x" * 200_000).problems

    assert problem.line == 2
    assert "131,072" in problem.message


def test_only_blank_lines():
    (problem,) = sheet(b"\n\n  \n").problems

    assert "blank lines" in problem.message


def test_headings_without_rows():
    (problem,) = sheet(b"slug,name\n").problems

    assert "no rows" in problem.message


def test_too_many_rows_are_counted_and_none_is_read():
    found = sheet(b"slug,name\n" + b"a,A\n" * (MAX_ROWS + 1))

    assert found.rows == []
    assert f"{MAX_ROWS + 1:,} rows" in found.problems[0].message


def test_as_many_rows_as_fit():
    assert len(sheet(b"slug,name\n" + b"a,A\n" * MAX_ROWS).rows) == MAX_ROWS


@pytest.mark.parametrize("heading", ["Included credits", " included_credits ", "INCLUDED-CREDITS"])
def test_headings_are_read_as_people_write_them(heading):
    assert heading_name(heading) == "included_credits"


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content):
    assert isinstance(sheet(content), Sheet)


@given(st.text(alphabet='slug,name;\t"\r\n\x00=é|1.', max_size=200))
def test_no_text_crashes_the_reader_and_lines_only_go_up(text):
    found = [row.line for row in sheet(text.encode()).rows]

    assert found == sorted(set(found))
