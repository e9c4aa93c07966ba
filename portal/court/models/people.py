"""Leaders and judges of the court."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.fields import RowsField
from portal.publishing.models import SingleReview
from portal.publishing.search_document import Kind, SearchDocument
from portal.source_values.dates import parse_date
from portal.web.languages import Bilingual, is_english

from ..querysets import PersonQuerySet
from ..rows import PostRow
from .profile import Department


class Person(Bilingual, SingleReview):
    """A leader or a quota judge (员额法官) of the court, or both."""

    content_fields = (
        "name",
        "posts",
        "precedence",
        "is_leader",
        "is_quota_judge",
        "judge_grade",
        "department",
        "duties",
        "biography",
        "name_en",
        "posts_en",
    )
    title_field = "name"
    public_search_fields = ("name",)

    name = models.CharField(_("name"), max_length=40, blank=True)
    posts = RowsField(
        _("posts"),
        row=PostRow,
        help_text=_("In their order: 党组书记, then 院长. A post that was given up has an end."),
    )
    precedence = models.PositiveSmallIntegerField(
        _("order of precedence"), default=100, help_text=_("Smaller numbers come first.")
    )
    is_leader = models.BooleanField(_("leader of the court"), default=False)
    is_quota_judge = models.BooleanField(_("quota judge"), default=False)
    judge_grade = models.CharField(_("judge grade"), max_length=30, blank=True)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
    )
    duties = models.CharField(_("in charge of"), max_length=200, blank=True)
    biography = models.TextField(_("biography"), max_length=1000, blank=True)
    name_en = models.CharField(
        _("name in English"),
        max_length=80,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    posts_en = models.CharField(
        _("posts in English"),
        max_length=200,
        blank=True,
        help_text=_("The posts held today, in their order. Write them anew when they change."),
    )

    objects = PersonQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(SingleReview.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        if self.is_leader and self.posts_held_on():
            return f"{reverse('court:leaders')}#person-{self.pk}"
        if self.is_quota_judge:
            return f"{reverse('court:judges')}#person-{self.pk}"
        return reverse("court:profile")

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            Kind.COURT,
            title=self.name,
            summary="、".join(self.posts_held_on()),
            body=self.biography,
            words=(self.judge_grade, self.duties),
            english=(self.name_en, self.posts_en),
            on=self.published_at,
        )

    def posts_held_on(self, day: date | None = None) -> list[str]:
        """Return the posts that the person holds on a day, by default today.

        A post is left out only if its printed dates exclude the day.
        """
        day = day or timezone.localdate()
        return [row["title"] for row in self.posts if _covers(row, day)]

    def localized_posts(self) -> list[str]:
        """Return the posts that the person holds today, in the language of the page."""
        posts = self.posts_held_on()
        return [self.posts_en] if posts and self.posts_en and is_english() else posts

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.name.strip():
            found.append(missing_field("name", gettext("Write the person's name.")))
        if self.is_leader and not self.posts_held_on():
            found.append(missing_field("posts", gettext("A leader has a post: write it.")))
        found += [
            CheckResult(
                "post-interval",
                gettext("The post “%(post)s” ends before it begins.") % {"post": row["title"]},
                "posts",
            )
            for row in self.posts
            if _ends_before_it_begins(row)
        ]
        return found


def _covers(row: dict[str, str], day: date) -> bool:
    """Return whether a post may be held on a day; an end that was not understood counts as past."""
    since, until = parse_date(row["since"]), parse_date(row["until"])
    begins_later = since.earliest is not None and since.earliest > day
    ended = bool(row["until"]) and (until.latest is None or until.latest < day)
    return not (begins_later or ended)


def _ends_before_it_begins(row: dict[str, str]) -> bool:
    since, until = parse_date(row["since"]), parse_date(row["until"])
    return bool(since.earliest and until.latest and until.latest < since.earliest)
