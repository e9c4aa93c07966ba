"""Quotes: words that a text copies from a record of another model, such as a figure.

The words are copied, so a released page keeps them until its next release. The attribute
``data-quote`` stores the record's model label and id. When the public text of the record changes,
the reference from the quoting text to the record is marked stale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from . import content as contents
from .attached import Reference
from .check_results import CheckResult
from .content import ContentModel
from .models import Publishable
from .parsed_content import ParsedContent, Quote, quotable_model
from .states import State

#: Maximum number of texts with stale quotes in a list, newest first.
STALE_SOURCES_LIMIT = 200


def clean_content(model: type[ContentModel], content: dict[str, Any]) -> ParsedContent:
    """Sanitise content for storage, and add a reference to each record that its text quotes."""
    parsed = ParsedContent(model, contents.clean_content(model, content))
    others = [row for row in parsed.data["references"] if row["role"] != Reference.Role.STATES]
    records = dict.fromkeys(quote.key for quote in parsed.quotes)
    parsed.data["references"] = [
        *others,
        *({"role": Reference.Role.STATES.value, "type": label, "id": pk} for label, pk in records),
    ]
    return parsed


def check_quotes(content: ParsedContent) -> list[CheckResult]:
    """Report each quote that differs from the public text of the quoted record."""
    texts = _current_texts(content.quotes)
    results = {}
    for quote in content.quotes:
        now = texts.get(quote.key)
        if now == quote.text:
            continue
        words = {"quoted": quote.text, "now": now}
        results[quote] = CheckResult(
            "quote-gone" if now is None else "quote-changed",
            (
                _("“%(quoted)s” quotes a figure that is not public: take it out or replace it.")
                if now is None
                else _("“%(quoted)s” is quoted, but the ledger of figures now says “%(now)s”.")
            )
            % words,
            quote.field,
        )
    return list(results.values())


def _current_texts(quotes: Iterable[Quote], *, lock: bool = False) -> dict[tuple[str, int], str]:
    """Return (model label, id) -> public text of each quoted record that is public."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for quote in quotes:
        wanted[quote.label].add(quote.pk)
    texts: dict[tuple[str, int], str] = {}
    # Labels and ids are sorted, so that all transactions lock the records in the same order.
    for label in sorted(wanted):
        rows = quotable_model(label)._default_manager.readable()
        rows = rows.filter(pk__in=wanted[label]).order_by("pk")
        if lock:
            rows = rows.select_for_update(of=("self",))
        texts |= {(label, row.pk): row.quoted_text for row in rows}
    return texts


def stale_records(content: ParsedContent) -> set[tuple[str, int]]:
    """Return the records whose public text differs from the quote in a text being released.

    The records stay locked until this release is committed. A later change to a record then finds
    the quote and marks it in ``mark_stale_quotes``.
    """
    texts = _current_texts(content.quotes, lock=True)
    return {quote.key for quote in content.quotes if texts.get(quote.key) != quote.text}


def mark_stale_quotes(obj: Publishable) -> None:
    """Update ``stale`` of the references from public texts that quote a changed record."""
    label, now = obj._meta.label_lower, obj.quoted_text if obj.is_public else None
    for row in Reference.objects.to_target(obj).filter(role=Reference.Role.STATES):
        model: Any = row.source_type.model_class()
        source = model._base_manager.get(pk=row.source_id)
        fields = {name: getattr(source, name, "") for name in model.rich_text_fields()}
        quotes = ParsedContent(model, {"fields": fields}).quotes
        stale = {quote.text for quote in quotes if quote.key == (label, obj.pk)} != {now}
        if stale != row.stale:
            Reference.objects.filter(pk=row.pk).update(stale=stale)


def stale_sources(model: type[Publishable]) -> list[int]:
    """Return the ids of a model's public texts with a stale quote, newest first."""
    rows = Reference.objects.filter(
        stale=True, source_type=ContentType.objects.get_for_model(model)
    )
    live = model._default_manager.filter(state=State.LIVE, pk__in=rows.values("source_id"))
    return list(live.order_by("-pk").values_list("pk", flat=True)[:STALE_SOURCES_LIMIT])
