from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from portal.source_values.fields import DECIMAL, QuantityField, RankField, SourceDateField


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """Create a model with one field of each type, whose table exists during one test module."""
    with isolate_apps("portal.source_values"):

        class Sample(models.Model):
            when = SourceDateField(
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
                    "is_automatic": "figure_is_automatic",
                },
            )
            figure_sort = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_low = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_high = models.DecimalField(null=True, editable=False, **DECIMAL)
            figure_comparator = models.CharField(  # noqa: DJ001  (None where there is no figure)
                max_length=10, null=True, editable=False
            )
            figure_is_automatic = models.BooleanField(null=True, editable=False)
            rank = RankField(null=True, blank=True, columns={"sort": "rank_sort"})
            rank_sort = models.PositiveIntegerField(null=True, editable=False)

            class Meta:
                app_label = "source_values"

        with django_db_blocker.unblock():
            with connection.schema_editor() as editor:
                editor.create_model(Sample)
            try:
                yield Sample
            finally:
                with connection.schema_editor() as editor:
                    editor.delete_model(Sample)
