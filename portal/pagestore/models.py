"""The table of the site's generation number."""

from django.db import models
from django.db.models import F, Q


class SiteGeneration(models.Model):
    """The single row that counts changes of public content.

    Only ``generations.bump_generation`` and ``generations.bump_for_new_day`` write it. Two equal
    reads before and after rendering a page prove that no public content changed in between.
    """

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    number = models.BigIntegerField(default=0)
    #: Copies older than this generation must not be served, even while the database is down.
    oldest_servable = models.BigIntegerField(default=0)
    #: Unix time in seconds, later with each generation. Files of the generation carry it as their
    #: date, so that two renderings of one page never share date and size, nginx's parts of an ETag.
    timestamp = models.BigIntegerField(default=0)
    #: The last day for which the number was raised: some pages depend on the date (current posts).
    day = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="pagestore_generation_single_row"),
            models.CheckConstraint(
                condition=Q(oldest_servable__lte=F("number")),
                name="pagestore_oldest_servable_exists",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
