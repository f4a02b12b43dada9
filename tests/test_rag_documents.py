"""Files into texts: every character can be found again in its file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import read_folder, split_text
from companion.rag.documents import read_file

HTML = """<!doctype html>
<html><head><title>Lamp</title><style>p { color: red }</style>
<script>var x = "<p>not text</p>";</script></head>
<body><h1>The <b>Me</b>rlin</h1><!-- a remark --><p>Caf&eacute; &amp; bar&#33; It has a
warranty of 24&nbsp;months.</p><ul><li>one</li><li>two</li></ul></body></html>"""


def pdf(path, pages):
    """A PDF written by hand, one line of text a page."""
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for n, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        page = f"/MediaBox [0 0 612 792] /Resources {font} /Contents {4 + 2 * n} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {page} >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    path.write_bytes(body + f"{end}startxref\n{len(body)}\n%%EOF".encode())


def place_of(file, words):
    start = file.text.index(words)
    return file.locate(start, start + len(words))


def test_plain_text_and_markdown(tmp_path):
    (tmp_path / "notes.md").write_text("# Lamp\n\nThe lamp is réd.", encoding="utf-8")
    file = read_file(tmp_path / "notes.md")
    place = place_of(file, "réd")
    assert (tmp_path / "notes.md").read_text(encoding="utf-8")[place.start : place.end] == "réd"
    assert place.page is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_encodings_and_line_ends_of_windows(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("one\r\ntwo é".encode(encoding))
    assert read_file(tmp_path / "a.txt").text == "one\ntwo é"


def test_html_keeps_what_is_seen_and_knows_where_it_stands(tmp_path):
    (tmp_path / "page.html").write_text(HTML, encoding="utf-8")
    file = read_file(tmp_path / "page.html")
    assert "not text" not in file.text and "color" not in file.text and "remark" not in file.text
    assert "The Merlin" in file.text  # <b> ends no word
    assert "one" in file.text.split() and "two" in file.text.split()  # <li> does

    def source(words):
        place = place_of(file, words)
        return HTML[place.start : place.end]

    assert source("warranty") == "warranty"
    assert source("Café") == "Caf&eacute;"
    assert source("& bar!") == "&amp; bar&#33;"
    assert source("24\xa0months") == "24&nbsp;months"
    assert source("The Merlin") == "The <b>Me</b>rlin"
    assert source("two") == "two"


plain = st.text(alphabet="abc é.", min_size=1, max_size=20)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["p", "b", "div", "td"]), plain), min_size=1, max_size=6))
def test_every_word_of_a_page_is_found_in_its_source(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("html") / "page.html"
    source = "\n".join(f"<{tag} class='x'>{text}</{tag}>" for tag, text in parts)
    path.write_text(source + "<p>end</p>", encoding="utf-8")
    file = read_file(path)
    for piece in split_text(file.text, 1, 0):
        place = file.locate(piece.start, piece.end)
        if "<" not in source[place.start : place.end]:
            assert (source + "<p>end</p>")[place.start : place.end] == piece.text


def test_pdf_gives_the_page(tmp_path):
    pdf(tmp_path / "manual.pdf", ["The lamp is red.", "The warranty is 24 months."])
    file = read_file(tmp_path / "manual.pdf")
    place = place_of(file, "24 months")
    assert (place.page, place.start) == (2, len("The warranty is "))
    assert place_of(file, "lamp").page == 1


def test_a_folder_with_subfolders_and_files_that_cannot_be_read(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("a.md", "sub/b.TXT", ".git/c.md", ".hidden.md", "photo.jpg"):
        (tmp_path / name).write_text("words")
    (tmp_path / "broken.pdf").write_bytes(b"not a pdf")
    (tmp_path / "empty.txt").write_text(" \n")
    pdf(tmp_path / "scan.pdf", [""])
    files, skipped = read_folder(tmp_path)
    assert [file.name for file in files] == ["a.md", "sub/b.TXT"]
    assert set(skipped) == {"broken.pdf", "empty.txt", "scan.pdf"}
    assert "not a PDF that can be read" in skipped["broken.pdf"]
    assert "text recognition" in skipped["scan.pdf"]


def test_a_single_file(tmp_path):
    (tmp_path / "a.md").write_text("words")
    assert [file.name for file in read_folder(tmp_path / "a.md")[0]] == ["a.md"]


def test_no_folder_or_nothing_in_it_names_the_fix(tmp_path):
    with pytest.raises(FileNotFoundError, match="check the path"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds nothing to read: put .md"):
        read_folder(tmp_path)


def test_a_span_outside_the_text_is_refused(tmp_path):
    (tmp_path / "a.md").write_text("words")
    with pytest.raises(ValueError, match="no span"):
        read_file(tmp_path / "a.md").locate(3, 99)
