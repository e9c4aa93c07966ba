"""The required content of each page of the sample portal, derived from the database rows.

This module uses none of the code that renders the pages, so that the tests detect errors of that
code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from honors.models import Honor
from news.models import Article, Column, Topic
from portal.court.models import Indicator
from portal.library.models import Image
from portal.site.models import SiteSettings

#: Pages that count as columns in the standard. View name -> name, description and column type.
PLACES = {
    "home": ("Front page", "", "首页"),
    "news:index": (
        "All columns",
        "The columns of this site with their latest texts.",
        "工作动态",
    ),
    "honors": (
        "Honour wall",
        "The honours of this court by level and year, each with its source.",
        "工作动态",
    ),
    "court:profile": (
        "Court profile",
        "Who this court is: its name, level and region, its staff, its ideas, its higher courts.",
        "概况信息",
    ),
    "court:leaders": (
        "Leaders of the court",
        "The leaders of this court with their posts, in their order.",
        "负责人信息",
    ),
    "court:departments": (
        "Departments",
        "The internal departments of this court, what each is there for, and its telephone.",
        "机构职能",
    ),
    "court:judges": (
        "Judges",
        "The quota judges of this court with their grades and departments.",
        "概况信息",
    ),
    "court:contact": (
        "Contact",
        "Where this court is, when it is open, and how to call it.",
        "概况信息",
    ),
    "data": (
        "Judicial data",
        "The figures of this court as their sources print them, each with its source.",
        "数据发布",
    ),
    "corrections": (
        "Corrections and withdrawals",
        "Whatever this court changes after publishing it is listed here, and so is whatever it "
        "takes back.",
        "信息公开指南",
    ),
    "search": (
        "Search",
        "All that this site has published, by words, column and date.",
        "信息公开指南",
    ),
    "feedback": (
        "Errors on this site, letters to the court",
        "Tell us what is wrong on this site, or write to the court. You get a number with which "
        "you can read our answer here.",
        "咨询投诉",
    ),
    "site-map": (
        "Site map",
        "Every column and every page of this site from which others are reached.",
        "信息公开指南",
    ),
}


@dataclass
class Expected:
    """The expected content of a page: its head, and the parts of its body that the standards
    require.
    """

    view: str
    language: str
    metas: dict[str, str]
    title: str
    canonical: str
    cover: dict[str, list[str]] = field(default_factory=dict)
    text: dict[str, list[str]] = field(default_factory=dict)
    reprint: tuple[str, str] | None = None
    #: True for an English page whose articles are all in Chinese; search engines must not index it.
    hidden: bool = False

    @property
    def preview(self) -> dict[str, list[str]]:
        """Return the expected Open Graph properties of the page."""
        properties = {
            "og:type": "article" if self.text else "website",
            "og:site_name": self.metas["SiteName"],
            "og:locale": "en_US" if self.language == "en" else "zh_CN",
            "og:url": self.canonical,
            "og:title": self.title,
            "og:description": self.metas["Description"],
        }
        return {name: [value] for name, value in properties.items()} | self.cover | self.text


def of(path: str, site: SiteSettings) -> Expected:
    language = "en" if path.startswith("/en/") else "zh-hans"
    with translation.override(language):
        match = resolve(path)
        return _Judge(site, language, f"http://{site.domain}").of(
            match.view_name, match.kwargs, path
        )


@dataclass
class _Judge:
    site: SiteSettings
    language: str
    origin: str

    def of(self, view: str, kwargs: dict[str, Any], path: str) -> Expected:
        view = view.removesuffix("-page")
        app = view.partition(":")[0]
        found = Expected(
            view,
            self.language,
            {
                "SiteName": self.localized(self.site, "name"),
                "SiteDomain": self.site.domain,
                "SiteIDCode": self.site.site_id_code,
            },
            "",
            f"{self.origin}{path}",
        )
        if view == "news:article":
            self.article(found, Article.objects.get(pk=kwargs["pk"]))
        elif view == "news:column":
            column = Column.objects.get(slug=kwargs["slug"])
            self.column(found, column)
            self.hide(found, {"section" if column.parent_id is None else "column": column})
        elif view == "topic":
            topic = Topic.objects.get(slug=kwargs["slug"])
            name = self.localized(topic, "name")
            self.shelf(found, name, self.localized(topic, "description") or name, name, "工作动态")
            self.hide(found, {"topicentry__topic": topic})
        elif app in ("honors", "data"):
            self.place(found, app)
            if view == "honors:honor":
                self.honor(found, Honor.objects.get(pk=kwargs["pk"]))
            elif view == "data:indicator":
                self.indicator(found, Indicator.objects.get(pk=kwargs["pk"]))
            elif app == "honors" and view != "honors:wall":
                found.title = self.list_title(view, kwargs)
        else:
            self.place(found, view)
            if view == "home":
                self.lead(found)
        return found

    def hide(self, found: Expected, having: dict[str, Any]) -> None:
        rows = Article.objects.public().filter(language="en", **having)
        found.hidden = self.language == "en" and not rows.exists()

    def localized(self, obj: Any, name: str) -> str:
        english = getattr(obj, f"{name}_en", "") if self.language == "en" else ""
        return english or getattr(obj, name)

    def shelf(
        self, found: Expected, name: str, description: str, keywords: str, column_type: str
    ) -> None:
        """Expect the T2 fields; the description of the column is also the
        description of the page.
        """
        found.metas |= {
            "ColumnName": name,
            "ColumnDescription": description,
            "ColumnKeywords": keywords,
            "ColumnType": column_type,
            "Keywords": keywords,
            "Description": description,
        }
        found.title = name

    def place(self, found: Expected, key: str) -> None:
        name, description, column_type = PLACES[key]
        said, keywords = _(description) if description else "", _(name)
        if not said:
            said, keywords = self.localized(self.site, "description"), self.site.keywords
        self.shelf(found, _(name), said, keywords, column_type)

    def column(self, found: Expected, column: Column) -> None:
        name = self.localized(column, "name")
        self.shelf(
            found,
            name,
            self.localized(column, "description") or name,
            column.keywords or name,
            column.column_type,
        )

    def article(self, found: Expected, article: Article) -> None:
        assert article.column is not None
        self.column(found, article.column)
        section = found.metas["ColumnName"]
        found.metas |= {
            "ArticleTitle": article.title,
            "PubDate": _minute(article.published_at),
            "ContentSource": article.source,
            "Author": article.author or article.source,
            "Url": found.canonical,
            "Keywords": article.keywords or found.metas["ColumnKeywords"],
            "Description": article.description,
        }
        found.title = article.title
        marks = "[,，、]" if article.language == "en" else "[,，、 ]"
        words = [word.strip() for word in re.split(marks, article.keywords)]
        self.text(found, article, section, [word for word in words if word])
        if article.source_url:
            found.reprint = (article.source, article.source_url)
        self.cover(found, article)
        if found.cover:
            found.metas["Image"] = found.cover["og:image"][0]

    def honor(self, found: Expected, honor: Honor) -> None:
        name, level = self.localized(honor, "name"), honor.level_label
        court_name = found.metas["SiteName"]
        section = found.metas["ColumnName"]
        found.metas |= {
            "ArticleTitle": name,
            "PubDate": _minute(honor.published_at),
            "ContentSource": court_name,
            "Author": court_name,
            "Url": found.canonical,
            "Description": _(
                "%(name)s, %(level)s: who received it, who awarded it, when, and where it is "
                "stated."
            )
            % {"name": name, "level": level},
        }
        found.title = name
        self.text(found, honor, section, [])
        self.cover(found, honor)
        if found.cover:
            found.metas["Image"] = found.cover["og:image"][0]

    def indicator(self, found: Expected, indicator: Indicator) -> None:
        found.title = self.localized(indicator, "name")
        found.metas["Description"] = _(
            "%(name)s: how it is defined, and every figure of it that this court has published, "
            "with its source."
        ) % {"name": found.title}

    def list_title(self, view: str, kwargs: dict[str, Any]) -> str:
        if view == "honors:level":
            label = dict(Honor._meta.get_field("levels").formfield().choices)[kwargs["level"]]
            return _("Honours: %(level)s") % {"level": label}
        if view == "honors:year":
            return _("Honours of %(year)s") % {"year": kwargs["year"]}
        return _("Honours without a stated year")

    def lead(self, found: Expected) -> None:
        rows = Article.objects.public().order_by("-published_at", "-pk")
        if self.language == "en":
            rows = rows.filter(language="en")
        lead = rows.filter(featured=True).first() or rows.first()
        if lead:
            self.cover(found, lead)

    def text(self, found: Expected, obj: Any, section: str, words: list[str]) -> None:
        found.text = {
            "article:published_time": [_moment(obj.published_at)],
            "article:modified_time": [_moment(obj.released_at)],
            "article:section": [section],
        }
        if words:
            found.text["article:tag"] = words

    def cover(self, found: Expected, obj: Any) -> None:
        row = obj.picture_rows.order_by("position", "pk").first()
        if row is None or row.image.is_withdrawn:
            return
        image: Image = row.image
        width = max(image.widths)
        digest = image.digest
        found.cover = {
            "og:image": [f"{self.origin}/media/i/{digest[:2]}/{digest}-{width}.jpg"],
            "og:image:type": ["image/jpeg"],
            "og:image:width": [str(width)],
            "og:image:height": [str(round(image.height * width / image.width))],
            **({"og:image:alt": [row.alt]} if row.alt else {}),
        }


def footer(site: SiteSettings, language: str) -> dict[str, str]:
    """Return the F1 fields of the footer: a dictionary from the label in this language to the
    value.
    """
    sponsor = (site.sponsor_en if language == "en" else "") or site.sponsor
    with translation.override(language):
        external = _("(external site)")
        return {
            _("Sponsor"): sponsor,
            _("Site identification code"): site.site_id_code,
            _("ICP filing"): f"{site.icp_number}{external}",
            _("Public security filing"): f"{site.police_number}{external}",
            _("Telephone"): site.phone,
            _("Report an error on this site"): _("Write to us"),
        }


def _minute(moment: datetime | None) -> str:
    assert moment is not None
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _moment(moment: datetime | None) -> str:
    assert moment is not None
    return timezone.localtime(moment).isoformat("T", "seconds")
