"""Recording of the model fields that public pages read, and the list of what no digest covers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.expressions import Col
from django.db.models.query import (
    FlatValuesListIterable,
    NamedValuesListIterable,
    ValuesIterable,
    ValuesListIterable,
)
from django.db.models.sql.where import WhereNode

from portal.older_databases import OWN_LABELS
from portal.publishing import content as contents
from portal.publishing.models import AttachedFile, AttachedPicture, Publishable, Reference
from tests.architecture.source import BASE

#: The list of fields that public pages read and that no digest covers, with the reasons.
LIST = BASE / "docs" / "public-fields.md"
#: A field of a model: ("news.Column", "name").
Field = tuple[str, str]

_ITERABLES = (
    ValuesIterable, ValuesListIterable, NamedValuesListIterable, FlatValuesListIterable,
)  # fmt: skip


@contextmanager
def recorded_reads() -> Iterator[set[Field]]:
    """Yield a set to which every read of a column of the project's models is added.

    Reads are: an attribute of an instance, a column that ``values`` or ``values_list`` selects, and
    a column in a condition of a query, which decides what a page shows.
    """
    reads: set[Field] = set()
    with pytest.MonkeyPatch.context() as patch:
        _record_attributes(patch, reads)
        _record_values(patch, reads)
        _record_conditions(patch, reads)
        yield reads


def _record_attributes(patch: pytest.MonkeyPatch, reads: set[Field]) -> None:
    def read_attribute(self: Any, name: str) -> Any:
        if field := _columns(type(self)).get(name):
            reads.add(field)
        return object.__getattribute__(self, name)

    patch.setattr(models.Model, "__getattribute__", read_attribute, raising=False)


def _record_values(patch: pytest.MonkeyPatch, reads: set[Field]) -> None:
    for iterable in _ITERABLES:

        def iterate(self: Any, original: Any = iterable.__iter__) -> Any:
            query = self.queryset.query
            for expression in (*query.select, *query.annotation_select.values()):
                _add_columns(expression, reads)
            return original(self)

        patch.setattr(iterable, "__iter__", iterate)


def _record_conditions(patch: pytest.MonkeyPatch, reads: set[Field]) -> None:
    depth = 0
    where_sql, column_sql = WhereNode.as_sql, Col.as_sql

    def compile_where(self: Any, *args: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            return where_sql(self, *args)
        finally:
            depth -= 1

    def compile_column(self: Any, *args: Any) -> Any:
        if depth:
            _add_columns(self, reads)
        return column_sql(self, *args)

    patch.setattr(WhereNode, "as_sql", compile_where)
    patch.setattr(Col, "as_sql", compile_column)


def _add_columns(expression: Any, reads: set[Field]) -> None:
    if isinstance(expression, Col):
        if field := _columns(expression.target.model).get(expression.target.name):
            reads.add(field)
        return
    for part in getattr(expression, "get_source_expressions", list)():
        _add_columns(part, reads)


@cache
def _columns(model: type[models.Model]) -> dict[str, Field]:
    """Return the columns of a model of the project by their names and attribute names, no keys."""
    if model._meta.app_label not in OWN_LABELS:
        return {}
    return {
        name: (model._meta.label, field.name)
        for field in model._meta.concrete_fields
        if not field.primary_key
        for name in (field.name, field.attname)
    }


def template_reads(templates: Iterable[Path]) -> set[Field]:
    """Return the columns that templates read through a relation, such as ``image.alt``.

    In contrast to ``recorded_reads``, this contains branches that no page of the sample takes.
    """
    related: dict[str, set[type[models.Model]]] = {}
    for model in apps.get_models():
        if model._meta.app_label in OWN_LABELS:
            for field in model._meta.concrete_fields:
                if isinstance(field, models.ForeignKey):
                    related.setdefault(field.name, set()).add(field.related_model)  # type: ignore[arg-type]
    found = set()
    for path in templates:
        for tag in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(encoding="utf-8"), re.S):
            code = re.sub(r"\"[^\"]*\"|'[^']*'", "", tag)
            for names in (dotted.split(".") for dotted in re.findall(r"\w+(?:\.\w+)+", code)):
                for relation, name in pairwise(names):
                    for model in related.get(relation, ()):
                        if field_key := _columns(model).get(name):
                            found.add(field_key)
    return found


def digest_fields() -> set[Field]:
    """Return the columns whose values are in the content of a revision, and so in its digest."""
    found = {
        (model._meta.label, name)
        for model in apps.get_models()
        if issubclass(model, Publishable)
        for name in model.content_fields
    }
    # ``position`` is the place of the row in the content's list.
    rows: list[tuple[type[models.Model], tuple[str, ...]]] = [
        (AttachedPicture, contents.PICTURE_KEYS),
        (AttachedFile, contents.FILE_KEYS),
        (Reference, ("role", "target_type", "target_id")),
    ]
    return found | {
        (model._meta.label, name) for model, names in rows for name in (*names, "position")
    }


def listed_fields(text: str | None = None) -> set[Field]:
    """Return the fields in the table of ``docs/public-fields.md``; "*" stands for all fields."""
    text = LIST.read_text(encoding="utf-8") if text is None else text
    found: set[Field] = set()
    for labels, names in re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", text, re.M):
        for label in re.findall(r"`([\w.]+)`", labels):
            every = {name for _label, name in _columns(apps.get_model(label)).values()}
            named = every if names.strip() == "all" else set(re.findall(r"`(\w+)`", names))
            assert named <= every, (label, named - every)
            found |= {(label, name) for name in named}
    return found


def unlisted(reads: set[Field]) -> list[Field]:
    """Return the fields that are neither in a digest nor on the list of exceptions."""
    return sorted(reads - digest_fields() - listed_fields())
