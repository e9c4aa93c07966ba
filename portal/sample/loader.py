"""The loader of the sample portal, which uses the same workflow actions as the admin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from honors.models import Honor
from news.actions import set_flag
from news.models import Article, Column, Topic, TopicEntry
from portal import demo
from portal.accounts.models import User
from portal.audit import actions as audit
from portal.court.models import Observation
from portal.interchange import structures
from portal.interchange.writing import write_xlsx
from portal.library.actions import add_attachment, add_image
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.content import upgrade_content
from portal.publishing.models import Revision
from portal.publishing.rules import SystemActor
from portal.publishing.states import ChangeKind
from portal.sample import letters
from portal.sample.ledger import Ledger
from portal.site.models import FriendlyLink, SiteSettings

HERE = Path(__file__).parent
HEAD = re.compile(r"\A\s*<!--(.*?)-->", re.DOTALL)
PICTURE = re.compile(r'data-picture="([^"]+)"')
#: The placeholder in an article's body for a quoted figure; its value is the indicator's code.
FIGURE = re.compile(r'<data value="([a-z_]+)"></data>')
#: The demo accounts that review an article, in order, by the required number of review steps.
REVIEWERS = {
    1: ("reviewer3",),
    2: ("reviewer1", "reviewer3"),
    3: ("reviewer1", "reviewer2", "reviewer3"),
}
#: Articles of at most this age in days pass through the whole workflow; older articles are imported
#: with their past date.
MAX_WORKFLOW_DAYS = 2
RELEASED_STATES = frozenset({"released", "corrected", "withdrawn"})
FIELDS = (
    "kicker",
    "title",
    "subtitle",
    "summary",
    "source",
    "author",
    "responsible_editor",
    "keywords",
    "language",
)
DEFAULTS = {"language": Article.Language.CHINESE.value}


def has_content() -> bool:
    return Column.objects.exists() or Article.objects.exists() or User.objects.exists()


def load() -> Iterator[str]:
    """Load the sample portal in one transaction; yield lines of text that report the progress."""
    with transaction.atomic():
        yield from _SampleLoader().load()


class _SampleLoader:
    def __init__(self) -> None:
        self.people: dict[str, User] = {}
        self.columns: dict[str, Column] = {}
        self.pictures: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self.articles: dict[str, Article] = {}
        self.related: dict[str, list[str]] = {}
        self.figures: dict[str, Observation] = {}
        self.honors: dict[str, Honor] = {}
        self.now = timezone.now()

    def load(self) -> Iterator[str]:
        self.people = demo.make_accounts()
        yield f"accounts: {len(self.people)}"
        self._site()
        self._columns(_read("columns.json"), parent=None)
        yield f"columns: {len(self.columns)}"
        sources = [_article(path) for path in sorted(HERE.glob("articles/*.html"))]
        # The oldest articles are created first, so that ids increase with dates.
        sources.sort(key=lambda source: -source["days_ago"])
        # A relation applies to both articles. It is stored with the article that is created later,
        # because then the other article exists.
        self.related = {source["id"]: source.get("related", []) for source in sources}
        for source in sources:
            self._pictures(source)
            self._files(source)
        yield f"pictures: {len(self.pictures)}"
        # A record refers to its source articles, so these are created before the records. Articles
        # that quote records are created after the records.
        for source in sources:
            if not source["quotes"]:
                self._write(source)
        ledger = Ledger(self.people, self.articles, self.pictures)
        yield ledger.load()
        self.figures, self.honors = ledger.figures, ledger.honors
        for source in sources:
            if source["quotes"]:
                self._write(source)
        yield f"articles: {len(self.articles)}"
        self._topics()
        yield letters.load(self.people, self.articles)
        audit.log_event(action="sample.loaded", actor_label="load_sample")

    def _site(self) -> None:
        values = _read("site.json")
        settings = SiteSettings.load()
        for name, value in values["settings"].items():
            setattr(settings, name, value)
        settings.save()
        FriendlyLink.objects.bulk_create(FriendlyLink(**link) for link in values["links"])

    def _columns(self, rows: list[dict[str, Any]], parent: Column | None) -> None:
        for row in rows:
            children = row.pop("children", [])
            column = Column(parent=parent, **row)
            column.full_clean()
            column.save()
            self.columns[column.slug] = column
            self._columns(children, column)

    def _pictures(self, source: dict[str, Any]) -> None:
        for row in source["pictures"]:
            name = row["file"]
            if name in self.pictures:
                continue
            with (HERE / "pictures" / name).open("rb") as handle:
                image = add_image(
                    file=File(handle, name=name),
                    by=self.people["editor"],
                    title=row["caption"][:100],
                    alt=row["alt"],
                    credit=row.get("credit", ""),
                )
            self.pictures[name] = image.pk

    def _files(self, source: dict[str, Any]) -> None:
        """Create the spreadsheets that are attached to an article."""
        for row in source["files"]:
            head, *lines = row["rows"]
            sheet = BytesIO()
            write_xlsx(
                sheet,
                columns=[structures.Column(name=name, header=name) for name in head],
                rows=[dict(zip(head, line, strict=True)) for line in lines],
                title=row["title"],
            )
            file = ContentFile(sheet.getvalue(), name=row["name"])
            attachment = add_attachment(file=file, by=self.people["editor"], title=row["title"])
            self.files[row["name"]] = attachment.pk

    # Methods that create articles

    def _write(self, source: dict[str, Any]) -> None:
        """Create an article and run the actions that bring it to the state in its source file."""
        state, _colon, argument = source["state"].partition(":")
        corrected = source
        if state == "corrected":
            wrong, right = source["corrected_from"]
            source = {**source, "body": source["body"].replace(right, wrong)}
        when = self._office_hour(-source["days_ago"], source["days_ago"] * 37)
        is_old = source["days_ago"] > MAX_WORKFLOW_DAYS and state in RELEASED_STATES
        if state == "expired" or is_old:
            # The article is imported with its original date, as from the court's former site.
            article = actions.import_released(
                obj=Article(),
                content=self._content(source),
                by=self.people["publisher"],
                published_at=when,
            )
            if state == "expired":
                actions.expire(obj=article, by=SystemActor("load_sample"))
            self.articles[source["id"]] = article
        else:
            revision = self._save(source, None)
            article = Article.objects.get(pk=revision.object_id)
            self.articles[source["id"]] = article
            self._move(revision, state, argument, source)
        if state == "corrected":
            self._correct(article, corrected)
        if state == "withdrawn":
            actions.withdraw(obj=article, by=self.people["publisher"], reason=source["reason"])
        for flag in ("pinned", "featured"):
            if source.get(flag):
                set_flag(article=article, flag=flag, value=True, by=self.people["publisher"])

    def _office_hour(self, days: int, minutes: int = 0) -> datetime:
        """Return a time between 9:00 and 17:00 on the day that is ``days`` after today."""
        day = timezone.localtime(self.now).replace(hour=9, minute=0, second=0, microsecond=0)
        return day + timedelta(days=days, minutes=minutes % 480)

    def _content(self, source: dict[str, Any], **fields: Any) -> dict[str, Any]:
        body = PICTURE.sub(lambda m: f'data-image="{self.pictures[m[1]]}"', source["body"])
        body = FIGURE.sub(self._quote, body)
        return upgrade_content(
            Article,
            {
                "fields": {
                    **{name: source.get(name, DEFAULTS.get(name, "")) for name in FIELDS},
                    "column": self.columns[source["column"]].pk,
                    "body": body,
                    "expires_at": (
                        self.now - timedelta(days=source["expired_days_ago"])
                        if source["state"] == "expired"
                        else None
                    ),
                    **fields,
                },
                "pictures": [
                    {
                        "image": self.pictures[row["file"]],
                        "alt": row["alt"],
                        "caption": row["caption"],
                        "credit": row.get("credit", ""),
                        "focal_x": row.get("focal_x", 50),
                        "focal_y": row.get("focal_y", 50),
                    }
                    for row in source["pictures"]
                ],
                "files": [
                    {"attachment": self.files[row["name"]], "title": row["title"]}
                    for row in source["files"]
                ],
                "references": [
                    {"role": "related", "type": Article._meta.label_lower, "id": article.pk}
                    for name, article in self.articles.items()
                    if name in source.get("related", ()) or source["id"] in self.related[name]
                ]
                + [
                    {
                        "role": "reports",
                        "type": Honor._meta.label_lower,
                        "id": self.honors[name].pk,
                    }
                    for name in source.get("reports", ())
                ],
            },
        )

    def _quote(self, match: re.Match[str]) -> str:
        """Return the quotation element that replaces a placeholder, with the figure as printed."""
        figure = self.figures[match[1]]
        return (
            f'<span data-quote="{figure._meta.label_lower}:{figure.pk}">{figure.quoted_text}</span>'
        )

    def _save(self, source: dict[str, Any], article: Article | None, **fields: Any) -> Revision:
        return actions.save(
            obj=article or Article(),
            content=self._content(source, **fields),
            by=self.people["editor"],
            token=VersionToken.of(article) if article else VersionToken(),
        ).revision

    def _move(self, revision: Revision, state: str, argument: str, source: dict[str, Any]) -> None:
        """Run the workflow actions that bring a draft to this state.

        For the state "in_review", ``argument`` is the number of reviews that are approved.
        """
        if state in {"draft", "archived"}:
            if state == "archived":
                actions.archive(obj=revision.target, by=self.people["editor"])
            return
        revision = self._submit(revision)
        if state == "in_review":
            self._approve(revision, int(argument or 0))
            return
        if state == "returned":
            first = self.people[REVIEWERS[revision.steps_required][0]]
            actions.return_(
                revision=revision, by=first, digest=revision.digest, comment=source["comment"]
            )
            return
        self._approve(revision, revision.steps_required)
        publisher = self.people["publisher"]
        if state == "scheduled":
            at = self._office_hour(2)
            actions.schedule(revision=revision, by=publisher, digest=revision.digest, at=at)
        elif state in RELEASED_STATES:
            actions.release(revision=revision, by=publisher, digest=revision.digest)

    def _submit(self, revision: Revision) -> Revision:
        return actions.submit(revision=revision, by=self.people["editor"], digest=revision.digest)

    def _approve(self, revision: Revision, steps: int) -> None:
        for name in REVIEWERS[revision.steps_required][:steps]:
            actions.approve(
                revision=revision,
                by=self.people[name],
                digest=revision.digest,
                reviewed=True,
                proofread=True,
            )

    def _correct(self, article: Article, source: dict[str, Any]) -> None:
        """Release a correction of an article, with its public note."""
        revision = self._save(source, article)
        actions.correct(
            obj=article,
            by=self.people["editor"],
            kind=ChangeKind(source["correction_kind"]),
            public_note=source["note"],
            token=VersionToken.of(article),
        )
        self._release(revision)

    def _release(self, revision: Revision) -> None:
        revision = self._submit(Revision.objects.get(pk=revision.pk))
        self._approve(revision, revision.steps_required)
        actions.release(revision=revision, by=self.people["publisher"], digest=revision.digest)

    def _topics(self) -> None:
        for row in _read("topics.json"):
            ids = row.pop("articles")
            topic = Topic.objects.create(**row)
            TopicEntry.objects.bulk_create(
                TopicEntry(topic=topic, article=self.articles[name], position=position)
                for position, name in enumerate(ids)
            )


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _article(path: Path) -> dict[str, Any]:
    """Read an article file, which contains a JSON object in a comment and then the body."""
    text = path.read_text(encoding="utf-8")
    head = HEAD.match(text)
    if head is None:
        raise ValueError(f"{path.name} has no head")
    body = text[head.end() :].strip()
    return {
        "pictures": [],
        "files": [],
        "days_ago": 0,
        "quotes": bool(FIGURE.search(body)),
        **json.loads(head[1]),
        "body": body,
    }
