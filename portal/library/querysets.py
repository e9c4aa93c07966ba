from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When


class MediaFileQuerySet(models.QuerySet):
    def available(self) -> Self:
        """What may be shown and chosen."""
        return self.filter(hidden=False)

    def public(self) -> Self:
        """What belongs in the public storage: not hidden, and something public uses it."""
        return self.available().filter(self._used())

    def with_is_public(self) -> Self:
        """Each row with ``is_public``."""
        return self.annotate(
            is_public=Case(
                When(Q(hidden=False) & self._used(), then=Value(True)), default=Value(False)
            )
        )

    def matching(self, words: str) -> Self:
        """Every word stands in one of the texts that describe the file."""
        texts = {"title", "alt", "credit", "name"} & {f.name for f in self.model._meta.fields}
        found = self
        for word in words.split():
            either = Q()
            for text in sorted(texts):
                either |= Q(**{f"{text}__icontains": word})
            found = found.filter(either)
        return found

    def _used(self) -> Exists:
        uses: Any = self.model._meta.get_field("public_uses")
        rows = uses.related_model._base_manager
        return Exists(rows.filter(**{uses.field.name: OuterRef("pk")}))
