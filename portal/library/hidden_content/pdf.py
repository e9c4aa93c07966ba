"""Examination of a PDF: properties, annotations, hidden layers, enclosed files, pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pypdf
import pypdfium2
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from . import limits
from .findings import Kind, Obstacle, Report, UnreadableDocument
from .pdf_layers import has_hidden_layers, remove_hidden_layers, value_of
from .pictures import clean_picture

#: Properties that describe the document and its program, not a person.
_IMPERSONAL = {"/Title", "/Subject", "/Keywords", "/Creator", "/Producer", "/CreationDate",
               "/ModDate", "/Trapped", "/PTEX.Fullbanner"}  # fmt: skip
_LINKS_AND_FIELDS = {"/Link", "/Widget"}
#: Elements and attributes of XMP that name people or organisations.
_PERSONAL_XMP = re.compile(
    rb"<(?:dc:(?:creator|contributor|publisher)|pdfx:|photoshop:(?:Credit|CaptionWriter|Authors)"
    rb"|xmpMM:(?:History|ManageUI)|exif:GPS|pdf:Author|tiff:Artist)[^>]*[^/]>(?!\s*</)"
    rb"|(?:pdfx:\w+|photoshop:(?:Credit|CaptionWriter|AuthorsPosition)|exif:GPS\w+)="
)
_SAVED = re.compile(rb"startxref\s+([1-9]\d*)\s+%%EOF")


def clean_pdf(data: bytes, report: Report) -> bytes:
    """Return a copy of a PDF without personal data and annotations; report what was found.

    The copy is only valid if the report has no obstacles.
    """
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            report.block(Obstacle.ENCRYPTED)
            if not reader.decrypt(""):
                raise UnreadableDocument("a password is needed")
        writer = pypdf.PdfWriter(clone_from=reader)
        root = writer.root_object
        if _is_signed(root):
            report.block(Obstacle.SIGNED)
        # A linearised file has a first table at address 0, which is not counted.
        report.add(Kind.EARLIER_VERSIONS, len(_SAVED.findall(data)) - 1)
        _clean_properties(reader, writer, report)
        _clean_annotations(writer, report)
        remove_hidden_layers(writer, report)
        _clean_files(root, report)
        _clean_streams(writer, report)
        first = io.BytesIO()
        writer.write(first)
        # The second copy contains only the objects that are still used.
        second = io.BytesIO()
        again = pypdf.PdfWriter(clone_from=pypdf.PdfReader(first))
        again.metadata = writer.metadata
        if has_hidden_layers(again):
            report.block(Obstacle.STILL_FOUND)
        again.write(second)
    except UnreadableDocument:
        raise
    except Exception as error:  # pypdf raises many kinds of exceptions for damaged files
        raise UnreadableDocument(f"{type(error).__name__}: {error}") from error
    return second.getvalue()


def has_same_pages(data: bytes, cleaned: bytes, *, has_layers: bool = False) -> bool:
    """Return whether two PDFs have the same text on each page and look the same.

    pdfium reads the text of hidden layers, too. If the first file has any (``has_layers``), the
    second one may lack characters, and the pages are compared at a higher resolution.
    """
    before, after = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument(cleaned)
    if len(before) != len(after):
        return False
    scale = 1.0 if has_layers else 0.5
    for number in range(len(before)):
        pages = before[number], after[number]
        texts = [page.get_textpage().get_text_range() for page in pages]
        if texts[0] != texts[1] and not (has_layers and _is_contained(texts[1], texts[0])):
            return False
        if number < limits.MAX_RENDERED_PAGES:
            images = [
                bytes(page.render(scale=scale, may_draw_forms=False, draw_annots=False).buffer)
                for page in pages
            ]
            if images[0] != images[1]:
                return False
    return True


def _is_contained(text: str, longer: str) -> bool:
    """Return whether a text becomes another one by leaving out characters; spaces do not count."""
    remaining = iter("".join(longer.split()))
    return all(character in remaining for character in "".join(text.split()))


def _is_signed(root: DictionaryObject) -> bool:
    form = value_of(root, "/AcroForm")
    if isinstance(form, DictionaryObject):
        if int(form.get("/SigFlags", 0)) & 1:
            return True
        if any(value_of(field, "/FT") == "/Sig" for field in _fields(form)):
            return True
    return "/Perms" in root


def _fields(form: DictionaryObject) -> Iterator[DictionaryObject]:
    pending, count = list(value_of(form, "/Fields") or ()), 0
    while pending and count < limits.MAX_FORM_FIELDS:
        count += 1
        field = pending.pop().get_object()
        if isinstance(field, DictionaryObject):
            yield field
            pending.extend(value_of(field, "/Kids") or ())


def _clean_properties(reader: pypdf.PdfReader, writer: pypdf.PdfWriter, report: Report) -> None:
    retained = {}
    for key, value in (reader.metadata or {}).items():
        if key in _IMPERSONAL:
            retained[key] = value
        elif str(value).strip():
            report.add(Kind.AUTHOR if key == "/Author" else Kind.CUSTOM_PROPERTIES)
    writer.metadata = retained
    stream = value_of(writer.root_object, "/Metadata")
    if isinstance(stream, StreamObject) and _PERSONAL_XMP.search(stream.get_data()):
        report.add(Kind.CUSTOM_PROPERTIES)
        del writer.root_object["/Metadata"]


def _clean_annotations(writer: pypdf.PdfWriter, report: Report) -> None:
    count = 0
    for number, page in enumerate(writer.pages):
        if number >= limits.MAX_PAGES:
            raise UnreadableDocument("too many pages")
        retained = ArrayObject()
        for reference in value_of(page, "/Annots") or ():
            count += 1
            if count > limits.MAX_ANNOTATIONS:
                raise UnreadableDocument("too many annotations")
            annotation = reference.get_object()
            kind = value_of(annotation, "/Subtype") if annotation else None
            if kind in _LINKS_AND_FIELDS:
                retained.append(reference)
                continue
            report.add(Kind.ANNOTATIONS, 0 if kind == "/Popup" else 1)
            if isinstance(annotation, DictionaryObject):
                annotation.clear()  # other objects may still refer to it
        if "/Annots" in page:
            page[NameObject("/Annots")] = retained


def _clean_files(root: DictionaryObject, report: Report) -> None:
    names = value_of(root, "/Names")
    if isinstance(names, DictionaryObject) and "/EmbeddedFiles" in names:
        report.add(Kind.EMBEDDED)
        del names["/EmbeddedFiles"]
    if "/AF" in root:
        del root["/AF"]


def _clean_streams(writer: pypdf.PdfWriter, report: Report) -> None:
    """Remove the metadata of pictures and of other single objects."""
    root = writer.root_object
    for item in writer._objects:
        if not isinstance(item, DictionaryObject) or item is root:
            continue
        stream = value_of(item, "/Metadata")
        if isinstance(stream, StreamObject):
            if _PERSONAL_XMP.search(stream.get_data()):
                report.add(Kind.PICTURE_METADATA)
            del item["/Metadata"]
        if isinstance(item, StreamObject) and value_of(item, "/Filter") in (
            "/DCTDecode",
            ["/DCTDecode"],
        ):
            item._data = clean_picture(item._data, report)
