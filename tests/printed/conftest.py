from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from portal.printed.fields import DECIMAL, PrintedDateField, QuantityField, RankField


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A model with one field of each kind and its companions; its table lives for one file."""
    with isolate_apps("portal.printed"):

        class Sample(models.Model):
            when = PrintedDateField(
                null=True, blank=True, columns={"earliest": "when_from", "sort": "when_sort"}
            )
            when_from = models.DateField(null=True, editable=False)
            when_sort = models.DateField(null=True, editable=False)
            figure = QuantityField(
                null=True,
                blank=True,
                columns={
                    "sort": "figure_sort",
                    "low": "figure_low",
                    "high": "figure_high",
                    "comparator": "figure_comparator",
                    "as_read": "figure_as_read",
                },
            )
            figure_sort = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_low = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_high = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_comparator = models.CharField(  # noqa: DJ001  (None where there is no figure)
                max_length=10, null=True, editable=False
            )
            figure_as_read = models.BooleanField(null=True, editable=False)
            rank = RankField(null=True, blank=True, columns={"sort": "rank_sort"})
            rank_sort = models.PositiveIntegerField(null=True, editable=False)

            class Meta:
                app_label = "printed"

        with django_db_blocker.unblock():
            with connection.schema_editor() as editor:
                editor.create_model(Sample)
            try:
                yield Sample
            finally:
                with connection.schema_editor() as editor:
                    editor.delete_model(Sample)
