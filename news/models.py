"""Models of columns, articles and topics. Only articles pass through the publishing workflow."""

from __future__ import annotations

import re
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library.richtext import RichTextField, image_ids, plain_text
from portal.publishing import list_counts
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.models import AttachedPicture, Expiring
from portal.publishing.search_document import Kind, SearchDocument
from portal.web.languages import ENGLISH, is_english

from .choices import ColumnType, Page
from .indexes import ARTICLE_INDEXES
from .querysets import ArticleQuerySet
from .validators import validate_slug_has_letter, validate_slug_not_reserved

FIRST_PARAGRAPH = re.compile(r"<p\b.*?</p>", re.DOTALL)

#: Order of the navigation: each top-level column is followed by its child columns.
NAVIGATION_ORDER = (
    Coalesce("parent__position", "position"),
    Coalesce("parent_id", "pk"),
    F("parent").asc(nulls_first=True),
    "position",
    "pk",
)

#: Condition for columns that have articles; needs the annotations of ``with_newest``.
HAS_ARTICLES = Q(own__isnull=False) | Q(below__isnull=False)


class ColumnQuerySet(models.QuerySet["Column"]):
    def top(self) -> Self:
        return self.filter(parent=None).order_by("position", "pk")

    def in_order(self) -> Self:
        """Order the columns as in the navigation."""
        return self.select_related("parent").order_by(*NAVIGATION_ORDER)

    def for_navigation(self) -> Self:
        """Select columns with articles, columns that link to a generated page, and their parents.

        ``portal.context`` decides whether a generated page has any content.
        """
        pages = Column.objects.exclude(page="")
        parents = Q(pk__in=pages.exclude(parent=None).values("parent"))
        return self.with_newest().filter(HAS_ARTICLES | ~Q(page="") | parents)

    def with_articles(self) -> Self:
        """Select columns with an article in the current language: P1 forbids empty columns."""
        return self.with_newest().filter(HAS_ARTICLES)

    def with_articles_of_any_language(self) -> Self:
        """Select columns with an article in any language, also with Chinese articles only."""
        return self.with_newest(any_language=True).filter(HAS_ARTICLES)

    def with_newest(self, *, any_language: bool = False) -> Self:
        """Annotate the newest article's id: in the column (``own``), in its children (``below``).

        The annotation is not ``Exists``: for an empty column, PostgreSQL would scan the whole
        table, whereas it finds the newest article by one step in an index.
        """
        articles = Article.objects.public().newest_first()
        if not any_language:
            articles = articles.in_page_language()
        public = articles.values("pk")
        return self.annotate(
            own=Subquery(public.filter(column=OuterRef("pk"))[:1]),
            below=Subquery(public.filter(section=OuterRef("pk"))[:1]),
        )


class Column(models.Model):
    """A column (栏目) of the site, in a tree of two levels; site administrators edit it."""

    class HomeBlock(models.TextChoices):
        NONE = "none", _("Not on the home page")
        NOTICES = "notices", _("Notices, as dated lines")
        PICTURES = "pictures", _("Picture news")
        LIST = "list", _("Headlines")

    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent column"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to={"parent": None},
        help_text=_("Leave empty for a column of the main navigation."),
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(
        _("name in English"),
        max_length=80,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    slug = models.SlugField(
        _("address word"),
        max_length=50,
        unique=True,
        validators=[validate_slug_has_letter, validate_slug_not_reserved],
        help_text=_("Stands in the column's address: /news/<word>/. Links break if you change it."),
    )
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("One sentence for readers and search engines."),
    )
    description_en = models.CharField(_("description in English"), max_length=200, blank=True)
    keywords = models.CharField(
        _("keywords"), max_length=100, blank=True, help_text=_("Separated by commas.")
    )
    column_type = models.CharField(
        _("column type"),
        max_length=10,
        choices=ColumnType,
        default=ColumnType.WORK,
        help_text=_("As the inspection of government sites names it."),
    )
    review_steps = models.PositiveSmallIntegerField(
        _("review steps"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(3)],
        help_text=_("3: first, second and final review; 2: first and final; 1: final only."),
    )
    update_limit_days = models.PositiveSmallIntegerField(
        _("update limit in days"),
        null=True,
        blank=True,
        help_text=_("After how many days without a new text the column counts as stale."),
    )
    page = models.CharField(
        _("leads to"),
        max_length=20,
        choices=Page,
        blank=True,
        default="",
        help_text=_("A page that the portal makes by itself, in place of the list of articles."),
    )
    home_block = models.CharField(
        _("on the home page"), max_length=8, choices=HomeBlock, default=HomeBlock.NONE
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Smaller numbers come first.")
    )

    objects = ColumnQuerySet.as_manager()

    #: Ids of the newest article in the column and in its children; annotated by ``with_newest``.
    own: int | None
    below: int | None

    class Meta:
        verbose_name = _("column")
        verbose_name_plural = _("columns")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="news_column_steps", condition=Q(review_steps__range=(1, 3))
            ),
            models.CheckConstraint(name="news_column_not_own_parent", condition=~Q(parent=F("id"))),
            models.CheckConstraint(
                name="news_column_home_block_known",
                condition=Q(home_block__in=("none", "notices", "pictures", "list")),
            ),
            models.CheckConstraint(
                name="news_column_page_known", condition=Q(page__in=["", *Page.values])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse(self.page) if self.page else self.list_url

    @property
    def list_url(self) -> str:
        """The URL of the list of articles, even if the navigation links to a generated page."""
        return reverse("news:column", args=[self.slug])

    def clean(self) -> None:
        if self.parent_id and self.parent and self.parent.parent_id:
            raise ValidationError(
                {"parent": _("Columns have two levels: choose a column of the main navigation.")}
            )
        if self.parent_id and self.pk and self.children.exists():
            raise ValidationError(
                {"parent": _("This column has columns below it, so it can't go below another.")}
            )

    @property
    def list_key(self) -> str:
        """The key of the column's list in ``list_counts``; English pages have separate lists."""
        kind = "column" if self.parent_id else "section"
        return list_counts.make_key(Article, f"{kind}-en" if is_english() else kind, self.pk)

    @property
    def full_name(self) -> str:
        return f"{self.parent.name} / {self.name}" if self.parent else self.name


class Article(Expiring):
    """An article: a text that the court publishes.

    The fields in ``content_fields`` contain the published version; drafts are revisions. Only
    ``portal.publishing.actions`` writes these fields.
    """

    content_fields = (
        "column",
        "kicker",
        "title",
        "subtitle",
        "summary",
        "body",
        "source",
        "source_url",
        "author",
        "responsible_editor",
        "keywords",
        "language",
        "expires_at",
    )

    class Language(models.TextChoices):
        CHINESE = "zh-hans", _("Chinese")
        ENGLISH = "en", _("English")

    column = models.ForeignKey(
        Column,
        verbose_name=_("column"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # ARTICLE_INDEXES contains the indexes
        related_name="articles",
        help_text=_("Where readers find the text; it also decides the number of reviews."),
    )
    section = models.ForeignKey(
        Column,
        verbose_name=_("section"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # see the field column
        related_name="section_articles",
    )
    working_column = models.ForeignKey(
        Column,
        verbose_name=_("column"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # see the field column
        related_name="+",
    )
    kicker = models.CharField(
        _("kicker"), max_length=100, blank=True, help_text=_("A line above the title, if any.")
    )
    title = models.CharField(
        _("title"),
        max_length=120,
        blank=True,
        help_text=_("What the text says, in up to 30 characters if you can."),
    )
    subtitle = models.CharField(
        _("subtitle"), max_length=150, blank=True, help_text=_("A line below the title, if any.")
    )
    summary = models.TextField(
        _("summary"),
        max_length=300,
        blank=True,
        help_text=_("Two sentences, shown in lists and on the home page, and to search engines."),
    )
    body = RichTextField(_("text"), blank=True)
    source = models.CharField(
        _("source"),
        max_length=80,
        blank=True,
        help_text=_("Who published this first: this court, or the medium it is taken from."),
    )
    source_url = models.URLField(
        _("original address"),
        max_length=500,
        blank=True,
        help_text=_("For a reprint: where the original stands."),
    )
    author = models.CharField(_("author"), max_length=80, blank=True)
    responsible_editor = models.CharField(
        _("responsible editor"),
        max_length=40,
        blank=True,
        help_text=_("Shown below the text. Empty: the name of the last editor is not shown."),
    )
    keywords = models.CharField(
        _("keywords"), max_length=100, blank=True, help_text=_("Separated by commas.")
    )
    language = models.CharField(
        _("language"), max_length=7, choices=Language, default=Language.CHINESE
    )
    pinned = models.BooleanField(
        _("pinned"), default=False, editable=False, help_text=_("Stands on top of its column.")
    )
    featured = models.BooleanField(
        _("featured"), default=False, editable=False, help_text=_("May lead the home page.")
    )

    objects = ArticleQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(Expiring.Meta):
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            *Expiring.Meta.constraints,
            models.CheckConstraint(
                name="news_article_public_is_whole",
                condition=~Q(state="live")
                | (
                    ~Q(title="")
                    & ~Q(body="")
                    & ~Q(source="")
                    & Q(column__isnull=False)
                    & Q(section__isnull=False)
                ),
            ),
        ]
        indexes = ARTICLE_INDEXES

    def __str__(self) -> str:
        return self.title or super().__str__()

    def get_absolute_url(self) -> str:
        """Return the only URL of the article, which is below ``/en/`` if the article is English."""
        is_in_english = self.language == self.Language.ENGLISH
        with translation.override(ENGLISH if is_in_english else settings.LANGUAGE_CODE):
            return reverse("news:article", args=[self.pk])

    # Values for public pages

    @property
    def cover(self) -> AttachedPicture | None:
        """The image that lists show: the first attached image that is not withdrawn."""
        return next((each for each in self.pictures if not each.image.is_withdrawn), None)

    @cached_property
    def gallery(self) -> list[AttachedPicture]:
        """The attached images that the text does not contain."""
        inside = set(image_ids(self.body))
        return [picture for picture in self.pictures if picture.image_id not in inside]

    @property
    def description(self) -> str:
        """The summary or the beginning of the text, in one line, for search engines."""
        if self.summary:
            return " ".join(self.summary.split())
        paragraph = FIRST_PARAGRAPH.search(self.body)
        return plain_text(paragraph[0]).strip()[:120] if paragraph else self.title

    @property
    def keyword_list(self) -> list[str]:
        # Spaces separate only Chinese keywords: an English keyword may have several words.
        separators = "[,，、]" if self.language == self.Language.ENGLISH else r"[,，、\s]"
        return [word.strip() for word in re.split(separators, self.keywords) if word.strip()]

    # Publishing workflow

    @property
    def review_steps(self) -> int:
        return self.column.review_steps if self.column else 3

    def set_derived_columns(self) -> None:
        self.section_id = (self.column.parent_id or self.column_id) if self.column else None

    def list_filters(self) -> dict[str, dict[str, Any]]:
        column, section = {"column": self.column_id}, {"section": self.section_id}
        found: dict[str, dict[str, Any]] = {
            list_counts.make_key(Article, "all"): {"released_at__isnull": False},
            list_counts.make_key(Article, "column", self.column_id): column,
            list_counts.make_key(Article, "section", self.section_id): section,
        }
        if self.language == self.Language.ENGLISH:
            english = {"language": self.language}
            found |= {
                list_counts.make_key(Article, "column-en", self.column_id): column | english,
                list_counts.make_key(Article, "section-en", self.section_id): section | english,
            }
        return found

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            Kind.ARTICLES,
            title=self.title,
            summary=self.summary,
            body=plain_text(self.body),
            words=(
                self.kicker,
                self.subtitle,
                self.keywords,
                self.source,
                self.author,
                self.responsible_editor,
            ),
            groups=(str(self.column_id),) if self.column_id else (),
            on=self.published_at,
        )

    def set_working_columns(self, content: dict[str, Any]) -> None:
        super().set_working_columns(content)
        self.working_column_id = content["fields"].get("column")

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.title.strip():
            found.append(missing_field("title", gettext("The article has no title.")))
        if not self.body.strip():
            found.append(missing_field("body", gettext("The article has no text.")))
        if self.column is None:
            found.append(
                missing_field("column", gettext("Choose the column where readers find it."))
            )
        if not self.source.strip():
            found.append(
                missing_field("source", gettext("Say where the text comes from (source)."))
            )
        return found


class Topic(models.Model):
    """A topic (专题): a list of articles of several columns. Changes of the list need no review."""

    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(
        _("name in English"),
        max_length=100,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    slug = models.SlugField(
        _("address word"),
        max_length=50,
        unique=True,
        validators=[validate_slug_has_letter, validate_slug_not_reserved],
        help_text=_("Stands in the topic's address: /topics/<word>/."),
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    description_en = models.CharField(_("description in English"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    articles = models.ManyToManyField(
        Article, verbose_name=_("articles"), through="TopicEntry", related_name="topics"
    )

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("topic", args=[self.slug])


class TopicEntry(models.Model):
    """The position of an article in a topic, which lists the article while it is public."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="entries")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, verbose_name=_("article"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("article in the topic")
        verbose_name_plural = _("articles in the topic")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint("topic", "article", name="news_topic_entry_once")]

    def __str__(self) -> str:
        # The audit log shows this text to users who may not read unpublished titles.
        return f"{self.topic} / {self.article_id}"
