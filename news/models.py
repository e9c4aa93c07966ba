"""Columns, articles and topics. Articles pass the press; the rest is the newsroom's furniture."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
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

from .querysets import ArticleQuerySet, ColumnQuerySet

#: Words that an address below /news/ or a feed uses for something else.
RESERVED_SLUGS = frozenset({"page", "feeds", "news", "honors"})

FIRST_PARAGRAPH = re.compile(r"<p\b.*?</p>", re.DOTALL)

slug_has_letter = RegexValidator(
    r"[a-z]", _("An address word needs at least one letter, so that it is not taken for a number.")
)


def slug_not_reserved(value: str) -> None:
    if value in RESERVED_SLUGS:
        raise ValidationError(_("This word is used by the site itself; choose another."))


class ColumnType(models.TextChoices):
    """The column types that inspectors know (G47, standard T2)."""

    HOME = "首页", _("Home page")
    PROFILE = "概况信息", _("Profile")
    DUTIES = "机构职能", _("Duties of the body")
    LEADERS = "负责人信息", _("Leaders")
    WORK = "工作动态", _("Work news")
    POLICY = "政策文件", _("Policy documents")
    DISCLOSURE = "信息公开指南", _("Guide to disclosure")
    DATA = "数据发布", _("Data")
    INTERPRETATION = "政策解读", _("Interpretation of policy")
    RESPONSE = "回应关切", _("Answers to concerns")
    SERVICE = "办事服务", _("Services")
    CONSULTATION = "咨询投诉", _("Consultation and complaints")
    SURVEY = "征集调查", _("Surveys")
    INTERVIEW = "在线访谈", _("Interviews")


class Page(models.TextChoices):
    """Pages that the portal makes, by the names of their addresses; other rooms fill them."""

    PROFILE = "court:profile", _("Court profile")
    LEADERS = "court:leaders", _("Leaders of the court")
    DEPARTMENTS = "court:departments", _("Departments")
    JUDGES = "court:judges", _("Judges")
    CONTACT = "court:contact", _("Contact")
    HONORS = "honors:wall", _("Honour wall")
    DATA = "data:index", _("Judicial data")


class Column(models.Model):
    """A column (栏目) of the site; a tree of two levels, edited by the site administrator."""

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
        validators=[slug_has_letter, slug_not_reserved],
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

    #: The newest article in it and in those below it; known to rows of ``ColumnQuerySet.shown``.
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
        """Its list of articles, also where the navigation leads to another page."""
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
        """Of the list as the page at hand shows it: English pages list what is in English."""
        kind = "column" if self.parent_id else "section"
        return list_counts.make_key(Article, f"{kind}-en" if is_english() else kind, self.pk)

    @property
    def full_name(self) -> str:
        return f"{self.parent.name} / {self.name}" if self.parent else self.name


class Article(Expiring):
    """A text of the court. Its content columns are what the public reads; see ``publishing``."""

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
        db_index=False,  # the indexes by column below begin with it
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
        db_index=False,  # likewise
        related_name="section_articles",
    )
    working_column = models.ForeignKey(
        Column,
        verbose_name=_("column"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # likewise
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
        indexes = [
            # Only for lists of all columns, which name the condition (``of_all_columns``).
            models.Index(
                fields=["state", "-published_at", "-id"],
                condition=Q(released_at__isnull=False),
                name="news_article_by_date",
            ),
            models.Index(
                fields=["column", "state", "-published_at", "-id"], name="news_article_by_column"
            ),
            models.Index(
                fields=["section", "state", "-published_at", "-id"], name="news_article_by_section"
            ),
            # No whole index begins with the state: SQLite would take it where ids are given.
            models.Index(
                fields=["state", "expires_at"],
                condition=Q(expires_at__isnull=False),
                name="news_article_by_expiry",
            ),
            models.Index(
                fields=["state", "-withdrawn_at"],
                condition=Q(withdrawn_at__isnull=False),
                name="news_article_by_withdrawal",
            ),
            # Conditional: SQLite serves no index for a bare boolean column.
            models.Index(
                fields=["state", "-published_at", "-id"],
                condition=Q(featured=True),
                name="news_article_featured",
            ),
            models.Index(
                fields=["column", "state", "-published_at", "-id"],
                condition=Q(pinned=True),
                name="news_article_pinned",
            ),
            models.Index(
                fields=["section", "state", "-published_at", "-id"],
                condition=Q(pinned=True),
                name="news_article_pinned_in_section",
            ),
            # The English pages' lists: conditional, since few articles are in English.
            models.Index(
                fields=["state", "-published_at", "-id"],
                condition=Q(language="en"),
                name="news_article_english",
            ),
            models.Index(
                fields=["column", "state", "-published_at", "-id"],
                condition=Q(language="en"),
                name="news_article_english_in_column",
            ),
            models.Index(
                fields=["section", "state", "-published_at", "-id"],
                condition=Q(language="en"),
                name="news_article_english_below",
            ),
            # The desk's list, and what narrows it. Of the state, see ``StateFilter``.
            models.Index(fields=["-created_at", "-id"], name="news_article_newest_work"),
            models.Index(
                Lower("state"),
                F("created_at").desc(),
                F("id").desc(),
                name="news_article_work_by_state",
            ),
            models.Index(
                fields=["working_column", "-created_at", "-id"], name="news_article_work_by_column"
            ),
            models.Index(
                "working_column",
                Lower("state"),
                F("created_at").desc(),
                F("id").desc(),
                name="news_article_work_by_both",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(pinned=True),
                name="news_article_work_pinned",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(featured=True),
                name="news_article_work_featured",
            ),
        ]

    def __str__(self) -> str:
        return self.title or super().__str__()

    def get_absolute_url(self) -> str:
        """Each text has one address: an English one stands below ``/en/``, whoever names it."""
        known = ENGLISH if self.language == self.Language.ENGLISH else settings.LANGUAGE_CODE
        with translation.override(known):
            return reverse("news:article", args=[self.pk])

    # --- what readers see -----------------------------------------------------------------------

    @property
    def cover(self) -> AttachedPicture | None:
        """The picture that stands for the article in lists: the first one beside its text."""
        return self.pictures[0] if self.pictures else None

    @cached_property
    def gallery(self) -> list[AttachedPicture]:
        """The pictures beside the text that don't stand in it already."""
        inside = set(image_ids(self.body))
        return [picture for picture in self.pictures if picture.image_id not in inside]

    @property
    def description(self) -> str:
        """For search engines: the summary, or the beginning of the first paragraph, in one line."""
        if self.summary:
            return " ".join(self.summary.split())
        paragraph = FIRST_PARAGRAPH.search(self.body)
        return plain_text(paragraph[0]).strip()[:120] if paragraph else self.title

    @property
    def keyword_list(self) -> list[str]:
        # An English keyword may be of several words.
        marks = "[,，、]" if self.language == self.Language.ENGLISH else r"[,，、\s]"
        return [word.strip() for word in re.split(marks, self.keywords) if word.strip()]

    # --- the press ------------------------------------------------------------------------------

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
    """A topic (专题) gathers articles across columns; its list does not pass the press."""

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
        validators=[slug_has_letter, slug_not_reserved],
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
    """An article in a topic; shown while the article is public."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="entries")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, verbose_name=_("article"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("article in the topic")
        verbose_name_plural = _("articles in the topic")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint("topic", "article", name="news_topic_entry_once")]

    def __str__(self) -> str:
        # Stands in the log, which others read than those who may read a title before its release.
        return f"{self.topic} / {self.article_id}"
