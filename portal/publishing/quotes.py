"""Words that a text takes over from a record of the house: a figure in an article.

The words are copied, so that the page says what was released until the next release. The record's
name stands beside them (``data-quote``), so that a text hears of it when the record says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from portal.library import richtext

from . import content as contents
from .attached import Reference
from .check_results import CheckResult
from .states import State

if TYPE_CHECKING:
    from .models import Publishable


@dataclass(frozen=True)
class Quote:
    """Words in a rich-text field, and the record they were taken from."""

    field: str
    label: str
    pk: int
    text: str

    @property
    def record(self) -> tuple[str, int]:
        return self.label, self.pk


def find_quotes(model: type[Publishable], content: dict[str, Any]) -> Iterator[Quote]:
    """Every quote of a content, in the order of the text."""
    for name in model.content_fields:
        if isinstance(model._meta.get_field(name), richtext.RichTextField):
            for record, text in richtext.quotes(content["fields"].get(name) or ""):
                label, _colon, pk = record.partition(":")
                if _quotable_model(label):
                    yield Quote(name, label, int(pk), text)


def clean_content(model: type[Publishable], content: dict[str, Any]) -> dict[str, Any]:
    """Content fit to be stored (``content.clean_content``), with the references that it implies."""
    whole = contents.clean_content(model, content)
    return {**whole, "references": references(model, whole)}


def _quotable_model(label: str) -> type[Publishable] | None:
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return None
    return model if getattr(model, "is_quotable", False) else None


def references(model: type[Publishable], content: dict[str, Any]) -> list[dict[str, Any]]:
    """The content's references, with exactly those of role ``states`` that its quotes imply."""
    others = [row for row in content["references"] if row["role"] != Reference.Role.STATES]
    records = dict.fromkeys(quote.record for quote in find_quotes(model, content))
    return [
        *others,
        *({"role": Reference.Role.STATES.value, "type": label, "id": pk} for label, pk in records),
    ]


def check_quotes(model: type[Publishable], content: dict[str, Any]) -> list[CheckResult]:
    """What a text quotes otherwise than its record says it in public now."""
    quotes = list(find_quotes(model, content))
    texts = _current_texts(quotes)
    found = {}
    for quote in quotes:
        now = texts.get(quote.record)
        if now == quote.text:
            continue
        words = {"quoted": quote.text, "now": now}
        found[quote] = CheckResult(
            "quote-gone" if now is None else "quote-changed",
            (
                _("“%(quoted)s” quotes a figure that is not public: take it out or replace it.")
                if now is None
                else _("“%(quoted)s” is quoted, but the ledger of figures now says “%(now)s”.")
            )
            % words,
            quote.field,
        )
    return list(found.values())


def _current_texts(quotes: list[Quote], *, lock: bool = False) -> dict[tuple[str, int], str]:
    """What the quoted records say in public now; those that say nothing are left out."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for quote in quotes:
        wanted[quote.label].add(quote.pk)
    texts: dict[tuple[str, int], str] = {}
    for label in sorted(wanted):
        model = _quotable_model(label)
        if model is None:
            continue
        rows = model._default_manager.readable().filter(pk__in=wanted[label]).order_by("pk")
        if lock:
            rows = rows.select_for_update(of=("self",))
        texts |= {(label, row.pk): row.quoted_text for row in rows}
    return texts


def stale_records(model: type[Publishable], content: dict[str, Any]) -> set[tuple[str, int]]:
    """The records that a text, which is being released, quotes otherwise than they say.

    Locks them, so that none says something else before this release is seen (``mark_quoting``).
    """
    quotes = list(find_quotes(model, content))
    texts = _current_texts(quotes, lock=True)
    return {quote.record for quote in quotes if texts.get(quote.record) != quote.text}


def mark_stale_quotes(obj: Publishable) -> None:
    """After a quotable record changed in public: note which public texts quote it otherwise."""
    label, now = obj._meta.label_lower, obj.quoted_text if obj.is_public else None
    for row in Reference.objects.to_target(obj).filter(role=Reference.Role.STATES):
        model: Any = row.source_type.model_class()
        source = model._base_manager.get(pk=row.source_id)
        content = {"fields": {name: getattr(source, name, "") for name in model.content_fields}}
        texts = {q.text for q in find_quotes(model, content) if q.record == (label, obj.pk)}
        stale = texts != {now}
        if stale != row.stale:
            Reference.objects.filter(pk=row.pk).update(stale=stale)


def stale_sources(model: type[Publishable]) -> list[int]:
    """The ids of the public texts of a type that quote something its record no longer says."""
    rows = Reference.objects.filter(
        stale=True, source_type=ContentType.objects.get_for_model(model)
    )
    live = model._default_manager.filter(state=State.LIVE, pk__in=rows.values("source_id"))
    return list(live.order_by("-pk").values_list("pk", flat=True)[:200])
