"""Admin lists with keyset pagination: every page of 100,000 rows costs as much as the first.

The URL of a page contains the sort values of the row before the page. Therefore rows that are
inserted or deleted concurrently make no other row disappear from the pages or appear twice. Rows
are counted only up to ``COUNT_LIMIT``. Django's page numbers (``?p=``) still work.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, connection
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.http.parameters import parse_number

from .keyset_pagination import fetch_in_order, seek_ids

#: Maximum number of rows that are counted. Pages by number are exact only up to this row.
COUNT_LIMIT = 1000
#: Larger page numbers in a URL are reduced to this: databases reject integers beyond their range.
MAX_PAGE_NUMBER = 10**9

AFTER, BEFORE, MONTH, MIDDLE = "after", "before", "month", "middle"
POSITION_PARAMS = (AFTER, BEFORE, MONTH, MIDDLE)


class BoundedPaginator(Paginator):
    """A paginator for lists and autocomplete fields that counts at most ``COUNT_LIMIT`` rows."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[:COUNT_LIMIT].count() if isinstance(rows, QuerySet) else len(rows)


class KeysetChangeList(ChangeList):
    """A change list with links to the neighbouring, first, last and middle pages and to a month."""

    #: Whether keyset pagination applies. It does not if the list is ordered by values outside the
    #: row: such a list has page numbers up to ``COUNT_LIMIT``.
    uses_keyset = False
    model_admin: KeysetAdmin
    #: Whether the list is ordered by descending id: then the middle page and pages beyond
    #: ``COUNT_LIMIT`` are found by id.
    is_newest_first = False
    newer: str | None = None
    older: str | None = None

    # The order of the list

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        self.position = {name: request.GET[name] for name in POSITION_PARAMS if name in request.GET}
        for name in POSITION_PARAMS:  # otherwise Django treats the parameters as filters
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        with _refusing_values_beyond_range():
            return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list:
        """Return the order: sortable columns in one direction, so a page is one index range."""
        if ORDER_VAR in self.params:
            sortable = [
                part for part in self.params[ORDER_VAR].split(".") if self._is_sortable(part)
            ]
            if sortable:
                self.params[ORDER_VAR] = ".".join(sortable)
            else:
                del self.params[ORDER_VAR]
        ordering: dict[Any, Any] = {}
        for part in super().get_ordering(request, queryset):
            ordering.setdefault(part.lstrip("-") if isinstance(part, str) else part, part)
        parts = list(ordering.values())
        if parts[-1] in ("-pk", "pk") and isinstance(parts[0], str):
            parts[-1] = "-pk" if parts[0].startswith("-") else "pk"
        return parts

    def _is_sortable(self, part: str) -> bool:
        index = parse_number(part.lstrip("-"))
        if index is None or index >= len(self.list_display):
            return False
        return self.list_display[index] in (self.sortable_by or ())

    def _key_fields(self, request: HttpRequest) -> list[Field] | None:
        """Return the columns of the order; None if they do not determine a row's position."""
        found: list[Field] = []
        directions = set()
        for part in self.get_ordering(request, self.root_queryset):
            if not isinstance(part, str):
                return None
            name = part.lstrip("-")
            try:
                field: Any = (
                    self.lookup_opts.pk if name == "pk" else self.lookup_opts.get_field(name)
                )
            except FieldDoesNotExist:
                return None
            if field.null or (field.remote_field and name != field.attname):
                return None
            found.append(field)
            directions.add(part.startswith("-"))
            if field.unique:
                break
        self.descends = directions == {True}
        return found if len(directions) == 1 else None

    # The rows of a page

    def get_results(self, request: HttpRequest) -> None:
        with _refusing_values_beyond_range():
            self._find_results(request)

    def _find_results(self, request: HttpRequest) -> None:
        keys = None if self.list_editable else self._key_fields(request)
        counted = self.queryset.order_by()[: COUNT_LIMIT + 1].count()
        self.is_counted = counted <= COUNT_LIMIT
        if keys is None or (self.show_all and counted <= self.list_max_show_all):
            super().get_results(request)
            return
        self.keys = keys
        self.uses_keyset = True
        self.is_newest_first = self.descends and (
            keys[0].primary_key or getattr(keys[0], "auto_now_add", False)
        )
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.page_num = min(max(self.page_num, 1), MAX_PAGE_NUMBER)
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        # Django's templates show no page numbers; the list's own template links to the pages.
        self.multi_page = False
        self.can_show_all = self.list_per_page < counted <= self.list_max_show_all
        self.result_list = self._page(request)
        #: The admin offers "Select all" for this number of rows, so it never exceeds the rows
        #: counted.
        self.result_count = counted if self.is_counted else len(self.result_list)

    def _page(self, request: HttpRequest) -> list[Model]:
        """Return the rows of the requested page and set the links to its neighbours."""
        rows, size = self.queryset, self.list_per_page
        if BEFORE in self.position:
            token = self.position[BEFORE]
            page = self._fetch(rows.reverse(), self._values(token) if token else None)
            if len(page) > size or not token:
                newer = len(page) > size
                return self._linked(page[:size][::-1], newer=newer, older=bool(token))
            # The page before the given row is not full: show the first page instead.
        values, including = self._find_start(request)
        offset = 0 if self.position or values else (self.page_num - 1) * size
        page = self._fetch(rows, values, inclusive=including, offset=offset)
        if not page and (values or offset):
            # The position is beyond the last row, or the rows were deleted: show the last page.
            page = self._fetch(rows.reverse())
            return self._linked(page[:size][::-1], newer=len(page) > size)
        has_newer = bool(values or offset)
        return self._linked(page[:size], newer=has_newer, older=len(page) > size)

    def _fetch(
        self, rows: QuerySet, values: Any = None, *, inclusive: bool = False, offset: int = 0
    ) -> list[Model]:
        """Return the rows of a page and one more row (it shows that another page follows).

        The rows begin at the row with the sort ``values`` (after it, unless ``inclusive``) or at an
        offset.
        """
        limit = self.list_per_page + 1
        if not values:
            return list(rows[offset : offset + limit])
        # reverse() keeps the queryset's ordering and changes only this flag.
        descends = self.descends is rows.query.standard_ordering
        ids = seek_ids(
            rows, self.keys, values, limit=limit, descending=descends, inclusive=inclusive
        )
        return fetch_in_order(rows, ids)

    def _linked(self, rows: list[Model], *, newer: bool, older: bool = False) -> list[Model]:
        """Set the URLs of the next newer and the next older page; return the rows unchanged."""
        if rows and newer:
            self.newer = self._address(BEFORE, self._token(rows[0]))
        if rows and older:
            self.older = self._address(AFTER, self._token(rows[-1]))
        return rows

    def _find_start(self, request: HttpRequest) -> tuple[list[Any] | None, bool]:
        """Return the sort values of the row where the page begins, and whether to include that row.

        The values are None for the first page and for a page that is near enough to be found by
        offset.
        """
        if self.position.get(AFTER):
            return self._values(self.position[AFTER]), False
        row: Model | None = None
        if MONTH in self.position:
            end = _period_end(self.position[MONTH])
            row = self.model_admin.first_before(request, end) if end else None
            if row is None:
                messages.warning(request, _("There is nothing from that month or before it."))
        elif MIDDLE in self.position and self.is_newest_first:
            row = self._row_at_fraction(0.5)
        elif self.page_num > 1 and not self.position:
            row = self._row_of_far_page(request)
        if row is None:
            return None, False
        return [field.value_from_object(row) for field in self.keys], True

    def _row_of_far_page(self, request: HttpRequest) -> Model | None:
        """Return the first row of a page beyond ``COUNT_LIMIT``; None for a nearer page."""
        skip = (self.page_num - 1) * self.list_per_page
        if skip <= COUNT_LIMIT:
            return None
        if not self.is_newest_first or self.is_filtered:
            self.page_num = COUNT_LIMIT // self.list_per_page
            messages.warning(request, _("Pages have numbers up to here. “Next page” leads on."))
            return None
        newest = self.root_queryset.order_by("-pk").values_list("pk", flat=True).first() or 0
        row = self._not_newer_than(newest - skip)
        if row is None:  # the page is beyond the last row
            row = self.root_queryset.order_by("pk").first()
        elif self.model_admin.get_known_total() is None:
            messages.info(request, _("So far down nothing is counted: this is about that page."))
        return row

    def _row_at_fraction(self, fraction: float) -> Model | None:
        """Return the row at this fraction of the range of ids: 0 is the newest row."""
        ids = self.root_queryset.order_by("-pk").values_list("pk", flat=True)
        newest, oldest = ids.first() or 0, ids.last() or 0
        return self._not_newer_than(newest - int((newest - oldest) * fraction))

    def _not_newer_than(self, pk: int) -> Model | None:
        rows = self.root_queryset.filter(pk__lte=pk) if pk > 0 else self.root_queryset.none()
        return rows.order_by("-pk").first()

    # Row positions in URLs

    def _token(self, row: Model) -> str:
        return json.dumps([field.value_to_string(row) for field in self.keys], ensure_ascii=False)

    def _values(self, token: str) -> list[Any]:
        """Parse and validate the sort values in a URL, which are untrusted input."""
        try:
            texts = json.loads(token)
            values = []
            for field, text in zip(self.keys, texts, strict=True):
                if not isinstance(text, str) or "\0" in text or len(text) > 300:
                    raise ValueError(token)
                value = field.to_python(text)
                field.run_validators(value)
                field.get_db_prep_value(value, connection)
                values.append(value)
        except (TypeError, ValueError, OverflowError, RecursionError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        return values

    def _address(self, name: str, token: str) -> str:
        return self.get_query_string({name: token})

    # Values for the template

    @property
    def newest_url(self) -> str:
        return self.get_query_string()

    @property
    def oldest_url(self) -> str:
        return self._address(BEFORE, "")

    @property
    def all_url(self) -> str:
        return self._address(ALL_VAR, "")

    @property
    def middle_url(self) -> str | None:
        return self._address(MIDDLE, "1") if self.is_newest_first and not self.is_filtered else None

    @property
    def has_month_form(self) -> bool:
        return self.is_newest_first and bool(self.model_admin.month_field)

    @property
    def is_filtered(self) -> bool:
        return bool(self.has_active_filters or self.query)

    @property
    def month(self) -> str:
        return self.position.get(MONTH, "")[:10]

    @property
    def preserved_params(self) -> list[tuple[str, str]]:
        """Return (name, value) of the active filters, for a form that opens another page."""
        return [(name, value) for name, values in self.filter_params.items() for value in values]

    @property
    def count_label(self) -> str:
        """Return the number of rows as text, or a lower bound if not all rows were counted."""
        total = None if self.is_filtered else self.model_admin.get_known_total()
        if total is None and self.is_counted:
            total = self.result_count
        if total is not None:
            name = self.opts.verbose_name if total == 1 else self.opts.verbose_name_plural
            return f"{number_format(total, force_grouping=True)} {name}"
        return str(
            _("more than %(count)s %(name)s")
            % {
                "count": number_format(COUNT_LIMIT, force_grouping=True),
                "name": self.opts.verbose_name_plural,
            }
        )


@contextmanager
def _refusing_values_beyond_range() -> Iterator[None]:
    """Raise ``IncorrectLookupParameters`` for a filter value beyond the range of its column.

    Django parses such integers and dates without an error. SQLite's driver then raises
    ``OverflowError``, as does the conversion of a date to UTC; PostgreSQL raises ``DataError``.
    """
    try:
        yield
    except (OverflowError, DataError) as error:
        raise IncorrectLookupParameters(error) from error


class KeysetAdmin(admin.ModelAdmin):
    """A ModelAdmin whose list pages cost the same for any number of rows."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    #: Name of an indexed date column by which a newest-first list can jump to a month; "" for
    #: none.
    month_field: ClassVar[str] = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_known_total(self) -> int | None:
        """Return the total number of rows if it is known without counting, else None."""
        return None

    def first_before(self, request: HttpRequest, end: dt.datetime) -> Model | None:
        """Return the newest row before ``end``, with which the page for a month begins."""
        if not self.month_field:
            return None
        rows = self.model._default_manager.filter(**{f"{self.month_field}__lt": end})
        return rows.order_by(f"-{self.month_field}", "-pk").first()

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any
    ) -> HttpResponse | None:
        """Refuse an action on all filtered rows if they are too many to be counted and shown."""
        select_across = request.POST.get("select_across", "0") not in ("", "0")
        if select_across and queryset.order_by()[: COUNT_LIMIT + 1].count() > COUNT_LIMIT:
            self.message_user(
                request,
                _("These are too many to choose at once. Narrow the list first."),
                messages.ERROR,
            )
            return None
        return super().response_action(request, queryset, *args)


class DateByIdFilter(admin.DateFieldListFilter):
    """A date filter for lists whose ids ascend with the date: it limits the range of ids."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows = queryset.model._default_manager.all()
        name = self.field.name
        bounds = {}
        try:
            for parameter, values in self.used_parameters.items():
                value = self.field.to_python(values[-1] if isinstance(values, list) else values)
                if timezone.is_naive(value):
                    value = timezone.make_aware(value)
                if parameter == self.lookup_kwarg_since:
                    first = rows.filter(**{f"{name}__gte": value}).order_by(name, "pk").first()
                    bounds["pk__gte"] = first.pk if first else _MAX_ID
                elif parameter == self.lookup_kwarg_until:
                    last = rows.filter(**{f"{name}__lt": value}).order_by(f"-{name}", "-pk").first()
                    bounds["pk__lte"] = last.pk if last else 0
        except (AttributeError, TypeError, ValueError, OverflowError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        return queryset.filter(**bounds)


_MAX_ID = 2**63 - 1


def _period_end(text: str) -> dt.datetime | None:
    """Return the end of a year, month or day in ISO format (2026-11); None if it is invalid."""
    try:
        parts = [int(part) for part in text.split("-")[:3]]
        if len(parts) == 1:
            end = dt.date(parts[0] + 1, 1, 1)
        elif len(parts) == 2:
            end = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
            dt.date(parts[0], parts[1], 1)
        else:
            end = dt.date(*parts) + dt.timedelta(days=1)
        if end.year < 1000:
            return None
    except (ValueError, OverflowError):
        return None
    return timezone.make_aware(dt.datetime.combine(end, dt.time.min))
