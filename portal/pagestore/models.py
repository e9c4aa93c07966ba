"""The model of the site's generation number."""

from django.db import models
from django.db.models import F, Q


class SiteGeneration(models.Model):
    """The single row that counts changes of public content.

    Only ``generations.bump_generation`` and ``generations.bump_for_new_day`` write this row. If
    the row is the same before and after a page is rendered, no public content changed meanwhile.
    """

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    number = models.BigIntegerField(default=0)
    #: Copies of pages from before this generation must not be served, not even while the database
    #: is down.
    oldest_servable = models.BigIntegerField(default=0)
    #: Unix time in seconds, higher with each generation. It is the modification time of the
    #: generation's files. nginx makes an ETag from the time and size of a file, so two different
    #: renderings of a page never have the same ETag.
    timestamp = models.BigIntegerField(default=0)
    #: The last day for which the number was raised. It is raised every day, because some pages
    #: depend on the date, such as pages that list current posts.
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
