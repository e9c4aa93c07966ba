"""Texts of attached files are extracted in the background; a search then finds their objects."""

import io
import logging
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from portal.library.actions import set_hidden
from portal.library.models import Attachment
from portal.library.withdrawal import reinstate, withdraw
from portal.search import documents, extract_text, file_indexing, file_texts, index, rebuilding
from portal.search.engines import engine
from portal.search.models import FileText, PublicIndex, StaffIndex
from tests.factories import Newsroom
from tests.library.hidden_content_files import pptx, slide
from tests.library.sample_files import PDF
from tests.search import sample_files
from tests.search.build import attachment, file_row, found, name, titles
from tests.workload import workload

pytestmark = pytest.mark.django_db

PAGES = 200


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def long_pdf(last: str) -> bytes:
    return sample_files.pdf([f"第{number}页，普通的一页。" for number in range(1, PAGES)] + [last])


def read_all() -> list[str]:
    return list(file_indexing.index_pending_files())


def test_a_phrase_on_the_last_page_of_a_long_pdf_is_found(
    client: Client, newsroom: Newsroom
) -> None:
    paper = attachment(newsroom.editor, long_pdf("最后一页才说到枫桥经验，到此为止。"), "报告.pdf")
    article = newsroom.live(title="甲", files=[file_row(paper, "年度报告")])
    assert found("年度报告") == {
        name(article)
    }  # the title of the file is found before its text is extracted
    assert found("枫桥经验") == set()
    assert read_all() == [paper.digest]
    assert found("“才说到枫桥经验”") == found("第7页") == {name(article)}
    assert (
        "才说到<mark>枫桥经验</mark>，到此"
        in client.get("/search/", {"q": "楓橋經驗"}).content.decode()
    )
    assert read_all() == []


def test_a_file_read_for_a_draft_is_found_at_the_release(newsroom: Newsroom) -> None:
    paper = attachment(
        newsroom.editor, sample_files.docx(["第一段。", "枫桥经验在第二段。"]), "稿.docx"
    )
    revision = newsroom.approved(title="甲", files=[file_row(paper)])
    assert read_all() == [paper.digest]
    article = newsroom.release(revision)
    assert found("枫桥经验在第二段") == {name(article)}
    assert found("“第一段。枫桥”") == set()  # no phrase crosses the end of a paragraph


@pytest.mark.parametrize(
    ("data", "file_name"),
    [
        (sample_files.pdf(["国家赔偿", "枫桥经验"]), "文.pdf"),
        (sample_files.docx(["国家赔偿", "枫桥经验"]), "文.docx"),
        (sample_files.xlsx(["国家赔偿", "枫桥经验"]), "表.xlsx"),
        (pptx([slide("国家赔偿"), slide("枫桥经验")]), "片.pptx"),
    ],
)
def test_each_kind_of_file_is_read(newsroom: Newsroom, data: bytes, file_name: str) -> None:
    article = newsroom.live(files=[file_row(attachment(newsroom.editor, data, file_name))])
    read_all()
    assert found("國家賠償 枫桥经验") == {name(article)}
    assert found(file_name.partition(".")[0]) >= {name(article)}


def test_words_wrapped_at_the_end_of_a_line_are_joined(newsroom: Newsroom) -> None:
    full_line = "本院切实保障人民群众的诉讼权利，全面推进执"
    page = "\n".join(["一、总体情况", full_line, "行工作，依法保", "护各方权益。", "二、小结"])
    article = newsroom.live(
        files=[file_row(attachment(newsroom.editor, sample_files.pdf([page]), "文.pdf"))]
    )
    read_all()
    assert found("执行工作") == found("推进执行") == {name(article)}
    # Short lines, and lines that end a sentence, must not be joined with the next line.
    for words in ("情况本院", "依法保护", "“权益。二”"):
        assert found(words) == set(), words


def test_numbers_of_a_sheet_are_found(newsroom: Newsroom) -> None:
    book = Workbook()
    book.active.append(["年度", "受理", "结案率", "是否公开"])
    book.active.append([2020, 5177, 0.9865, True])
    book.active.append([2021, 43.5, "=1+1", None])
    book.properties.creator = None  # an author would block the release
    data = io.BytesIO()
    book.save(data)
    article = newsroom.live(
        files=[file_row(attachment(newsroom.editor, data.getvalue(), "表.xlsx"))]
    )
    read_all()
    for words in ("受理", "5177", "0.9865", "“2020 5177”", "43.5"):
        assert found(words) == {name(article)}, words
    assert found("51772021") == set()


def test_every_document_with_the_file_is_found(newsroom: Newsroom) -> None:
    row = file_row(attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx"))
    articles = [newsroom.live(files=[row]) for _ in range(3)]
    draft = newsroom.draft(title="稿", files=[row])
    read_all()
    assert found("枫桥经验") == set(map(name, articles))
    assert draft.target.pk not in {article.pk for article in articles}


def test_withdrawn_files_are_not_found(client: Client, newsroom: Newsroom) -> None:
    paper = attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx")
    newsroom.live(title="甲", files=[file_row(paper)])
    read_all()
    assert titles(client, "枫桥经验") == ["甲"]
    set_hidden(media_file=paper, hidden=True, by=newsroom.editor)
    assert titles(client, "枫桥经验") == ["甲"]
    withdraw(media_file=paper, by=newsroom.publisher, reason="侵权")
    assert titles(client, "枫桥经验") == []
    reinstate(media_file=paper, by=newsroom.publisher)
    assert titles(client, "枫桥经验") == ["甲"]


def _bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return sample_files.docx(["&a9;"], before=f"<!DOCTYPE x [{entities}]>")


OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "file_name"),
    [
        (PDF, "空.pdf"),
        (b"%PDF-1.4\n" + b"\xff\x00" * 5000 + b"\n%%EOF\n", "坏.pdf"),
        (sample_files.pdf(["枫桥"])[:600] + b"\n%%EOF\n", "断.pdf"),
        (_bomb(), "弹.docx"),
        (sample_files.docx(["&a;"], before=OUTSIDE), "外.docx"),
    ],
)
def test_broken_files_do_not_prevent_a_release(
    newsroom: Newsroom, data: bytes, file_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    paper = attachment(newsroom.editor, data, file_name)
    # Such a file blocks a release without an override; here only the search is tested.
    Attachment.objects.update(examination={"found": {}, "obstacles": []})
    article = newsroom.live(files=[file_row(paper, "名称尚可查找")])
    with caplog.at_level(logging.WARNING, logger="portal.search.file_texts"):
        for _attempt in range(file_texts.MAX_ATTEMPTS):
            read_all()
            FileText.objects.update(tried_at=timezone.now() - file_texts.RETRY_AFTER * 2)
    assert found("名称尚可查找") == {name(article)}
    row = FileText.objects.get()
    assert row.state != FileText.State.PENDING
    assert "root:" not in row.text
    assert "lol" not in row.text
    if row.state == FileText.State.UNREADABLE:
        assert paper.digest in caplog.text  # the log has the file name, which contains the digest


def test_a_hanging_reader_is_retried_a_few_times(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    article = newsroom.live(
        title="甲",
        files=[file_row(attachment(newsroom.editor, sample_files.docx(["枫桥"]), "稿.docx"))],
    )
    started: list[Any] = []

    def hang(command: list[str], **options: Any) -> Any:
        started.append(command)
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    assert read_all() == []
    assert read_all() == []  # the failed file is not read again at once
    assert len(started) == 1
    for attempt in range(2, file_texts.MAX_ATTEMPTS + 2):
        FileText.objects.update(
            tried_at=timezone.now() - file_texts.RETRY_AFTER - timedelta(seconds=1)
        )
        read_all()
        assert len(started) == min(attempt, file_texts.MAX_ATTEMPTS)
    assert FileText.objects.get().state == FileText.State.UNREADABLE
    assert found("甲") == {name(article)}


def test_the_extracted_length_is_limited(
    monkeypatch: pytest.MonkeyPatch, newsroom: Newsroom
) -> None:
    monkeypatch.setattr(file_texts, "MAX_TEXT_LENGTH", 1000)
    data = sample_files.docx(["枫桥经验" * 400, "后面的话"])
    article = newsroom.live(files=[file_row(attachment(newsroom.editor, data, "稿.docx"))])
    read_all()
    assert len(FileText.objects.get().text) == 1000
    assert (found("枫桥经验"), found("后面的话")) == ({name(article)}, set())


def test_the_readers_memory_is_limited() -> None:
    """A zip entry that needs more memory than the limit must end only the child process."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:t xmlns:w='x'>" + b" " * (3 * 10**8))
    program = Path(extract_text.__file__)
    done = subprocess.run(
        [sys.executable, "-I", str(program), "docx", "1000"],
        input=data.getvalue(),
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert len(done.stdout) <= 1000


@pytest.mark.django_db(transaction=True)
def test_the_background_reader_reads_pending_files(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_indexing, "POLL_SECONDS", 0.05)
    article = newsroom.live(
        files=[file_row(attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx"))]
    )
    with file_indexing.background_reader():
        done = threading.Event()
        for _moment in range(workload(600, 600)):
            if FileText.objects.filter(state=FileText.State.READ).exists() and found("枫桥经验"):
                done.set()
                break
            threading.Event().wait(0.05)
    assert done.is_set()
    assert found("枫桥经验") == {name(article)}


def test_run_due_reads_pending_files(newsroom: Newsroom) -> None:
    article = newsroom.live(
        files=[file_row(attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx"))]
    )
    call_command("run_due")
    assert found("枫桥经验") == {name(article)}


def test_a_failure_before_reindexing_is_retried(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = newsroom.live(
        files=[file_row(attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx"))]
    )
    reindex_file = index.reindex_file

    def fail(digest: str) -> None:
        raise OperationalError("lock timeout")

    monkeypatch.setattr(index, "reindex_file", fail)
    with pytest.raises(OperationalError):
        read_all()
    monkeypatch.setattr(index, "reindex_file", reindex_file)
    monkeypatch.setattr(file_texts, "_extract", None)  # the stored text is used again
    FileText.objects.update(tried_at=timezone.now() - file_texts.RETRY_AFTER * 2)
    assert len(read_all()) == 1
    assert found("枫桥经验") == {name(article)}
    assert FileText.objects.get().state == FileText.State.READ


def test_an_object_in_the_staff_index_only_is_reindexed_for_readers(newsroom: Newsroom) -> None:
    """A file that is read before a release is committed must reach the public index.

    The object is then in the staff index only.
    """
    paper = attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx")
    article = newsroom.live(files=[file_row(paper)])
    index.delete_documents(PublicIndex, PublicIndex.objects.get().content_type_id, [article.pk])
    read_all()
    assert found("枫桥经验") == {name(article)}


@pytest.mark.django_db(transaction=True)
def test_reading_waits_for_an_uncommitted_save(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is reindexed after the save: otherwise that document would have no file text."""
    monkeypatch.setattr(file_indexing, "POLL_SECONDS", 0.01)
    paper = attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx")
    other = newsroom.live(files=[file_row(paper)])
    begun = threading.Event()
    reindex_file = index.reindex_file

    def observed(digest: str) -> None:
        begun.set()
        reindex_file(digest)

    monkeypatch.setattr(index, "reindex_file", observed)
    with transaction.atomic():
        saved = newsroom.draft(title="甲", files=[file_row(paper)])
        reader = threading.Thread(target=_read_all_in_thread)
        reader.start()
        assert not begun.wait(0.5)  # the reader waits for this transaction
    reader.join(timeout=300)
    assert begun.is_set()
    assert found("枫桥经验") == {name(other)}
    rows = StaffIndex.objects.filter(object_id=saved.object_id)
    assert [("枫桥经验" in row.folded_text) for row in rows] == [True]


def _read_all_in_thread() -> None:
    try:
        read_all()
    finally:
        connection.close()


def test_rows_without_object_are_skipped(newsroom: Newsroom) -> None:
    paper = attachment(newsroom.editor, sample_files.docx(["枫桥经验"]), "稿.docx")
    article = newsroom.live(files=[file_row(paper)])
    gone = replace(documents.build_document(article), object_id=9_999, ordinal=1)
    engine(StaffIndex).write(StaffIndex, [gone])
    assert read_all() == [paper.digest]
    assert found("枫桥经验") == {name(article)}


def test_any_exception_of_the_storage_is_logged(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.live(
        files=[file_row(attachment(newsroom.editor, sample_files.docx(["枫桥"]), "稿.docx"))]
    )

    def fail(name: str) -> None:
        raise ValueError("no such bucket")

    monkeypatch.setattr(file_texts.default_storage, "open", fail, raising=False)
    with caplog.at_level(logging.WARNING, logger="portal.search.file_texts"):
        assert read_all() == []
    assert "no such bucket" in caplog.text


def test_the_background_reader_survives_errors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_indexing, "POLL_SECONDS", 0.01)
    called: list[str] = []
    again = threading.Event()

    def fail() -> list[str]:
        called.append("read")
        if called.count("read") > 1:
            again.set()
            return []
        raise ValueError("a bad row")

    monkeypatch.setattr(file_indexing, "index_pending_files", fail)
    monkeypatch.setattr(rebuilding, "end_abandoned_bulk", lambda: called.append("settle"))
    with file_indexing.background_reader():
        assert again.wait(30)
    # The bulk mode of a killed rebuild is ended one time, before any file is read.
    assert called[:3] == ["settle", "read", "read"]
    assert "a bad row" in caplog.text
