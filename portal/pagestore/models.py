from django.db import models
from django.db.models import F, Q


class SiteGeneration(models.Model):
    """The one row that says how often public content has changed. Written by ``turns.turn`` alone.

    Whoever reads the same number before and after rendering a page knows that nothing public
    changed meanwhile.
    """

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    number = models.BigIntegerField(default=0)
    #: The number of the last turn that took something back: no copy from before it may be shown.
    oldest_servable = models.BigIntegerField(default=0)
    #: Seconds since 1970, later with each turn: what is rendered after it carries this date, so
    #: that two renderings of one page never share date and size, which is all nginx's ETag knows.
    timestamp = models.BigIntegerField(default=0)
    #: The day whose turn has been: some pages say what is so today (who holds a post).
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
