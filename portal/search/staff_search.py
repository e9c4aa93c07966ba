"""The full-text search of the admin's list pages: in complete texts, released or not."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from . import tokens
from .engines import Match, engine
from .models import StaffIndex
from .query import parse

#: Maximum number of matches: the newest are listed, and a longer query finds older ones.
MAX_MATCHES = 1_000


def find_matching_ids(model: type[Any], text: str) -> list[int] | None:
    """Return the ids of a model's objects that match a query; None if the query has no words.

    The function checks no permission: every user who may view the list may search in it.
    """
    terms = parse(text).terms
    if not terms:
        return None
    content_type = ContentType.objects.get_for_model(model)
    words = [token for term in terms for token in term.tokens]
    match = Match(
        tokens=tuple(dict.fromkeys([*words, tokens.content_type_token(content_type.pk)])),
        texts=tuple(term.text for term in terms if not term.is_token),
    )
    ordinals = engine(StaffIndex).find_ordinals(StaffIndex, match, MAX_MATCHES)
    return list(StaffIndex.objects.filter(pk__in=ordinals).values_list("object_id", flat=True))
