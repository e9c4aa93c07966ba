"""The newsroom's search boxes: whole texts, released or not, as visitors search what is public."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from . import tokens
from .engines import Match, engine
from .models import StaffIndex
from .query import parse

#: So many of the newest; who has more before him adds a word.
MOST = 1_000


def find_matching_ids(model: type[Any], written: str) -> list[int] | None:
    """The ids of the objects of a type that hold what was written; None where that is no word.

    Whoever may see the list may find in it; this asks nobody.
    """
    terms = parse(written).terms
    if not terms:
        return None
    kind = tokens.content_type(ContentType.objects.get_for_model(model).pk)
    words = [token for term in terms for token in term.tokens]
    match = Match(
        tokens=tuple(dict.fromkeys([*words, kind])),
        texts=tuple(term.text for term in terms if not term.is_token),
    )
    ordinals = engine(StaffIndex).find_ordinals(StaffIndex, match, MOST)
    return list(StaffIndex.objects.filter(pk__in=ordinals).values_list("object_id", flat=True))
