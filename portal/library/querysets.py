"""Database queries for images and attachments: which are available, and which are public."""

from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When


class MediaFileQuerySet(models.QuerySet):
    """QuerySet of images or of attachments."""

    def available(self) -> Self:
        """Select the files that may be chosen and released: neither hidden nor withdrawn."""
        return self.filter(hidden=False, withdrawn_at=None)

    def public(self) -> Self:
        """Select the files of the public storage: not withdrawn, and used by a public object.

        A hidden file stays public until a release replaces it on the pages that use it.
        """
        return self.filter(self._has_public_use(), withdrawn_at=None)

    def with_is_public(self) -> Self:
        """Annotate each row with ``is_public``: whether the file belongs in the public storage."""
        return self.annotate(
            is_public=Case(
                When(Q(withdrawn_at=None) & self._has_public_use(), then=Value(True)),
                default=Value(False),
            )
        )

    def matching(self, words: str) -> Self:
        """Select the files whose descriptive fields contain each word of a blank-separated list."""
        fields = {"title", "alt", "credit", "name"} & {f.name for f in self.model._meta.fields}
        matches = self
        for word in words.split():
            in_any_field = Q()
            for field in sorted(fields):
                in_any_field |= Q(**{f"{field}__icontains": word})
            matches = matches.filter(in_any_field)
        return matches

    def _has_public_use(self) -> Exists:
        # Images and attachments have a reverse relation of the same name. The related model is
        # found by it, because the models import this module.
        uses: Any = self.model._meta.get_field("public_uses")
        rows = uses.related_model._base_manager
        return Exists(rows.filter(**{uses.field.name: OuterRef("pk")}))
