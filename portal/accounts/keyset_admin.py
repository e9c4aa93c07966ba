"""The desk's lists at any depth: whoever is in the middle of 100,000 rows waits no longer.

A page begins after a row, which its address names by the values that the list is ordered by, so
that rows which come or go meanwhile neither hide a row nor show it twice. Nothing is counted
beyond ``COUNTED``. Django's own page numbers stay good (``?p=``).
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.http.parameters import parse_number

from .keyset_pagination import fetch_in_order, seek_ids

#: So far a list is counted, and so far a page is found by its number.
COUNT_LIMIT = 1000
#: Beyond it nobody has a page; databases refuse numbers without end.
MAX_PAGE_NUMBER = 10**9

AFTER, BEFORE, MONTH, MIDDLE = "after", "before", "month", "middle"
SEEKS = (AFTER, BEFORE, MONTH, MIDDLE)


class BoundedPaginator(Paginator):
    """Knows no more than the first rows. Also for the fields that suggest what to choose."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[:COUNT_LIMIT].count() if isinstance(rows, QuerySet) else len(rows)


class KeysetChangeList(ChangeList):
    """Newer and older, the ends, the middle, a month; in place of numbered pages."""

    #: Whether it is read from row to row. Otherwise (an order that no row's own values tell) it is
    #: read by numbers, as far as it is counted.
    uses_keyset = False
    model_admin: KeysetAdmin
    #: Whether the newest ids stand first: then its middle and its far pages are found by them.
    is_newest_first = False
    newer: str | None = None
    older: str | None = None

    # --- the order ------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        self.seeks = {name: request.GET[name] for name in SEEKS if name in request.GET}
        for name in SEEKS:  # or they would be taken for filters, and stay when a filter is chosen
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list:
        """Only by what is offered; in one direction, so that one range of an index is the rest."""
        if ORDER_VAR in self.params:
            offered = [part for part in self.params[ORDER_VAR].split(".") if self._offers(part)]
            if offered:
                self.params[ORDER_VAR] = ".".join(offered)
            else:
                del self.params[ORDER_VAR]
        ordering: dict[Any, Any] = {}
        for part in super().get_ordering(request, queryset):
            ordering.setdefault(part.lstrip("-") if isinstance(part, str) else part, part)
        parts = list(ordering.values())
        if parts[-1] in ("-pk", "pk") and isinstance(parts[0], str):
            parts[-1] = "-pk" if parts[0].startswith("-") else "pk"
        return parts

    def _offers(self, part: str) -> bool:
        index = parse_number(part.lstrip("-"))
        if index is None or index >= len(self.list_display):
            return False
        return self.list_display[index] in (self.sortable_by or ())

    def _keys(self, request: HttpRequest) -> list[Field] | None:
        """The columns of the order, where they alone say where a row stands."""
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

    # --- the page -------------------------------------------------------------------------------

    def get_results(self, request: HttpRequest) -> None:
        keys = None if self.list_editable else self._keys(request)
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
        # Whatever Django's templates would do with a number of pages.
        self.multi_page = False
        self.can_show_all = self.list_per_page < counted <= self.list_max_show_all
        self.result_list = self._page(request)
        #: What "select all" is offered for: never more than was counted.
        self.result_count = counted if self.is_counted else len(self.result_list)

    def _page(self, request: HttpRequest) -> list[Model]:
        rows, size = self.queryset, self.list_per_page
        if BEFORE in self.seeks:
            token = self.seeks[BEFORE]
            page = self._read(rows.reverse(), self._values(token) if token else None)
            if len(page) > size or not token:
                newer = len(page) > size
                return self._linked(page[:size][::-1], newer=newer, older=bool(token))
            # The top is reached: a whole page again.
        values, including = self._start(request)
        offset = 0 if self.seeks or values else (self.page_num - 1) * size
        page = self._read(rows, values, inclusive=including, offset=offset)
        if not page and (values or offset):
            # There is nothing so far down, or not any more: the end.
            page = self._read(rows.reverse())
            return self._linked(page[:size][::-1], newer=len(page) > size)
        begun = bool(values or offset)
        return self._linked(page[:size], newer=begun, older=len(page) > size)

    def _read(
        self, rows: QuerySet, values: Any = None, *, inclusive: bool = False, offset: int = 0
    ) -> list[Model]:
        """A page and one row more, from what has these values or from the beginning."""
        limit = self.list_per_page + 1
        if not values:
            return list(rows[offset : offset + limit])
        # Reversed, the queryset says so by its flag alone.
        descends = self.descends is rows.query.standard_ordering
        ids = seek_ids(
            rows, self.keys, values, limit=limit, descending=descends, inclusive=inclusive
        )
        return fetch_in_order(rows, ids)

    def _linked(self, shown: list[Model], *, newer: bool, older: bool = False) -> list[Model]:
        """With the addresses of the pages beside it."""
        if shown and newer:
            self.newer = self._address(BEFORE, self._token(shown[0]))
        if shown and older:
            self.older = self._address(AFTER, self._token(shown[-1]))
        return shown

    def _start(self, request: HttpRequest) -> tuple[list[Any] | None, bool]:
        """Where the page begins, unless at the beginning or at a number; and whether with it."""
        if self.seeks.get(AFTER):
            return self._values(self.seeks[AFTER]), False
        row: Model | None = None
        if MONTH in self.seeks:
            over = _end(self.seeks[MONTH])
            row = self.model_admin.first_before(request, over) if over else None
            if row is None:
                messages.warning(request, _("There is nothing from that month or before it."))
        elif MIDDLE in self.seeks and self.is_newest_first:
            row = self._aged(0.5)
        elif self.page_num > 1 and not self.seeks:
            row = self._numbered(request)
        if row is None:
            return None, False
        return [field.value_from_object(row) for field in self.keys], True

    def _numbered(self, request: HttpRequest) -> Model | None:
        """The row with which a far page begins. A near one is counted to; it needs none."""
        skip = (self.page_num - 1) * self.list_per_page
        if skip <= COUNT_LIMIT:
            return None
        if not self.is_newest_first or self.is_filtered:
            self.page_num = COUNT_LIMIT // self.list_per_page
            messages.warning(request, _("Pages have numbers up to here. “Next page” leads on."))
            return None
        newest = self.root_queryset.order_by("-pk").values_list("pk", flat=True).first() or 0
        row = self._not_newer_than(newest - skip)
        if row is None:  # beyond the end
            row = self.root_queryset.order_by("pk").first()
        elif self.model_admin.get_known_total() is None:
            messages.info(request, _("So far down nothing is counted: this is about that page."))
        return row

    def _aged(self, part: float) -> Model | None:
        """The row so far down, where ids run with the order."""
        ids = self.root_queryset.order_by("-pk").values_list("pk", flat=True)
        newest, oldest = ids.first() or 0, ids.last() or 0
        return self._not_newer_than(newest - int((newest - oldest) * part))

    def _not_newer_than(self, pk: int) -> Model | None:
        rows = self.root_queryset.filter(pk__lte=pk) if pk > 0 else self.root_queryset.none()
        return rows.order_by("-pk").first()

    # --- a row's place, in an address -----------------------------------------------------------

    def _token(self, row: Model) -> str:
        return json.dumps([field.value_to_string(row) for field in self.keys], ensure_ascii=False)

    def _values(self, token: str) -> list[Any]:
        """What an address names, which anybody may have written."""
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

    # --- what the templates say -----------------------------------------------------------------

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
        return self.seeks.get(MONTH, "")[:10]

    @property
    def preserved_params(self) -> list[tuple[str, str]]:
        """What a form that leads to another page of this list takes along."""
        return [(name, value) for name, values in self.filter_params.items() for value in values]

    @property
    def count_label(self) -> str:
        """How many there are, as far as it is known."""
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


class KeysetAdmin(admin.ModelAdmin):
    """A ModelAdmin whose list costs the same everywhere."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    #: The column by which a list, newest first, is entered at a month; an index must serve it.
    month_field: ClassVar[str] = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_known_total(self) -> int | None:
        """How many rows there are in all, where that is known without counting."""
        return None

    def first_before(self, request: HttpRequest, over: dt.datetime) -> Model | None:
        """The row at which the list is entered for a month that ends then."""
        if not self.month_field:
            return None
        rows = self.model._default_manager.filter(**{f"{self.month_field}__lt": over})
        return rows.order_by(f"-{self.month_field}", "-pk").first()

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any
    ) -> HttpResponse | None:
        """All that the filter finds is chosen only where the page said how many that is."""
        across = request.POST.get("select_across", "0") not in ("", "0")
        if across and queryset.order_by()[: COUNT_LIMIT + 1].count() > COUNT_LIMIT:
            self.message_user(
                request,
                _("These are too many to choose at once. Narrow the list first."),
                messages.ERROR,
            )
            return None
        return super().response_action(request, queryset, *args)


class DateByIdFilter(admin.DateFieldListFilter):
    """By date, for lists whose ids run with it: bounds the ids, in whose order the list is read."""

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
                    bounds["pk__gte"] = first.pk if first else _BEYOND
                elif parameter == self.lookup_kwarg_until:
                    last = rows.filter(**{f"{name}__lt": value}).order_by(f"-{name}", "-pk").first()
                    bounds["pk__lte"] = last.pk if last else 0
        except (AttributeError, TypeError, ValueError, OverflowError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        return queryset.filter(**bounds)


_BEYOND = 2**63 - 1


def _end(text: str) -> dt.datetime | None:
    """The end of the month or the day that an address names."""
    try:
        parts = [int(part) for part in text.split("-")[:3]]
        if len(parts) == 1:
            over = dt.date(parts[0] + 1, 1, 1)
        elif len(parts) == 2:
            over = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
            dt.date(parts[0], parts[1], 1)
        else:
            over = dt.date(*parts) + dt.timedelta(days=1)
        if over.year < 1000:
            return None
    except (ValueError, OverflowError):
        return None
    return timezone.make_aware(dt.datetime.combine(over, dt.time.min))
