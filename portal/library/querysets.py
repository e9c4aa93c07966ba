"""Which files of the library are available, and which are public."""

from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When


class MediaFileQuerySet(models.QuerySet):
    """QuerySet of images and of attachments."""

    def available(self) -> Self:
        """Return the files that may be shown and chosen: those that are not hidden."""
        return self.filter(hidden=False)

    def public(self) -> Self:
        """Return the files of the public storage: available, and used by a public object."""
        return self.available().filter(self._has_public_use())

    def with_is_public(self) -> Self:
        """Annotate each row with ``is_public``."""
        return self.annotate(
            is_public=Case(
                When(Q(hidden=False) & self._has_public_use(), then=Value(True)),
                default=Value(False),
            )
        )

    def matching(self, words: str) -> Self:
        """Return the files whose descriptive fields contain every blank-separated word."""
        fields = {"title", "alt", "credit", "name"} & {f.name for f in self.model._meta.fields}
        matches = self
        for word in words.split():
            in_any_field = Q()
            for field in sorted(fields):
                in_any_field |= Q(**{f"{field}__icontains": word})
            matches = matches.filter(in_any_field)
        return matches

    def _has_public_use(self) -> Exists:
        # Images and attachments have the reverse relation alike; its model imports this module.
        uses: Any = self.model._meta.get_field("public_uses")
        rows = uses.related_model._base_manager
        return Exists(rows.filter(**{uses.field.name: OuterRef("pk")}))
