"""What readers find, and rows to be found."""

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


def found(written: str, **narrowing: Any) -> set[str]:
    """The objects that readers find, by label and id; through the page's own way."""
    query = parse(written)
    pages = public_search.find(query, SearchFilters(**narrowing))
    hits = list(pages.hits)
    for number in range(2, pages.pages + 1):
        hits += public_search.find(query, SearchFilters(**narrowing), number=number).hits
    assert len(hits) == pages.total
    return {name(hit.obj) for hit in hits}


def name(obj: Publishable) -> str:
    return f"{obj._meta.model_name} {obj.pk}"


def titles(client: Client, written: str, **params: str) -> list[str]:
    """The titles on the page of hits, in order, as plain text."""
    response = client.get("/search/", {"q": written, **params})
    assert response.status_code == 200
    html = response.content.decode()
    shown = re.findall(r'<h3 class="hit-title"><a href="[^"]+">(.*?)</a>', html)
    return [re.sub("</?mark>", "", each) for each in shown]


def attachment(by: User, data: bytes, file_name: str) -> Attachment:
    return add_attachment(file=ContentFile(data, name=file_name), by=by)


def file_row(of: Attachment, title: str = "") -> dict[str, Any]:
    return {"attachment": of.pk, "title": title}


def index(texts: Iterable[tuple[str, str]], kind: int, first: int = 1) -> None:
    """Documents of objects that don't exist, (title, text) each: for what the index alone does."""
    made = [
        documents.Document(
            content_type_id=kind,
            object_id=number,
            ordinal=documents.ordinal(None, kind, number),
            day=None,
            title=title,
            text=text,
            facets=f"{tokens.ALL} {tokens.kind('articles')}",
        )
        for number, (title, text) in enumerate(texts, first)
    ]
    with transaction.atomic():
        engine(PublicIndex).write(PublicIndex, made)
