"""Helpers of the tests that search as readers do and that fill the index."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client

from portal.accounts.models import User
from portal.library.actions import add_attachment
from portal.library.models import Attachment
from portal.publishing.models import Publishable
from portal.search import documents, public_search, tokens
from portal.search.engines import engine
from portal.search.models import PublicIndex
from portal.search.public_search import SearchFilters
from portal.search.query import parse


def found(text: str, **filters: Any) -> set[str]:
    """Return the names ("model id") of all objects that a search finds, on all pages of hits."""
    query = parse(text)
    pages = public_search.find(query, SearchFilters(**filters))
    hits = list(pages.hits)
    for number in range(2, pages.pages + 1):
        hits += public_search.find(query, SearchFilters(**filters), number=number).hits
    assert len(hits) == pages.total
    return {name(hit.obj) for hit in hits}


def name(obj: Publishable) -> str:
    return f"{obj._meta.model_name} {obj.pk}"


def titles(client: Client, text: str, **params: str) -> list[str]:
    """Return the titles on the first page of hits as plain text, in the order of the page."""
    response = client.get("/search/", {"q": text, **params})
    assert response.status_code == 200
    html = response.content.decode()
    marked = re.findall(r'<h3 class="hit-title"><a href="[^"]+">(.*?)</a>', html)
    return [re.sub("</?mark>", "", each) for each in marked]


def attachment(by: User, data: bytes, file_name: str) -> Attachment:
    return add_attachment(file=ContentFile(data, name=file_name), by=by)


def file_row(of: Attachment, title: str = "") -> dict[str, Any]:
    return {"attachment": of.pk, "title": title}


def index(texts: Iterable[tuple[str, str]], kind: int, first: int = 1) -> None:
    """Index a document for each (title, text), for objects that do not exist in the database.

    ``kind`` is the id of their content type, ``first`` the first object id.
    """
    made = [
        documents.Document(
            content_type_id=kind,
            object_id=number,
            ordinal=documents.ordinal(None, kind, number),
            day=None,
            title=title,
            text=text,
            facets=f"{tokens.ALL} {tokens.kind_token('articles')}",
        )
        for number, (title, text) in enumerate(texts, first)
    ]
    with transaction.atomic():
        engine(PublicIndex).write(PublicIndex, made)
