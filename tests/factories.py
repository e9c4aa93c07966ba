"""Factories of database rows for tests. Articles and records are created by
the workflow's actions.
"""

from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from itertools import count
from typing import IO, Any
from unittest.mock import patch

import PIL.Image
from django.contrib.auth.models import Group
from django.core.files import File
from django.utils import timezone

from news.models import Article, Column
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.court.models import Observation
from portal.library.actions import add_image
from portal.library.decoding import limits, program
from portal.library.decoding import process as process_pictures
from portal.library.models import Image
from portal.publishing import actions
from portal.publishing import content as contents
from portal.publishing.actions import VersionToken
from portal.publishing.models import Revision
from portal.publishing.rules import SystemActor
from portal.publishing.states import ChangeKind

PASSWORD = "Portal-test-1"

_serial_numbers = count(1)


def user(*roles: Role, username: str = "", full_name: str = "", **fields: object) -> User:
    """Create a staff user with these roles; a user without roles can sign in
    but has no permission.
    """
    number = next(_serial_numbers)
    created = User.objects.create_user(
        username or f"user{number}",
        PASSWORD,
        full_name=full_name or f"同事{number}",
        **{"is_staff": True, **fields},
    )
    created.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
    # The created instance has cached its roles; an instance from the database has not.
    return User.objects.get(pk=created.pk)


def column(slug: str = "", **fields: object) -> Column:
    number = next(_serial_numbers)
    return Column.objects.create(
        **{"name": f"栏目{number}", "slug": slug or f"column-{number}", **fields}
    )


def content(column: Column | None = None, **fields: object) -> dict:
    """Return the content of an article's revision.

    Keyword arguments replace fields of the article, or its attached rows (``pictures``, ``files``,
    ``references``).
    """
    rows = {part: fields.pop(part, []) for part in ("pictures", "files", "references")}
    number = next(_serial_numbers)
    return {
        "fields": {
            "column": column.pk if column else None,
            "title": f"标题{number}",
            "body": f"<p>正文第{number}段。</p>",
            "source": "本院",
            **fields,
        },
        **rows,
    }


class Newsroom:
    """One user of each role, with methods that create an article in each workflow state."""

    def __init__(self) -> None:
        self.editor = user(Role.EDITOR, username="editor")
        self.reviewer1 = user(Role.FIRST_REVIEWER, username="reviewer1")
        self.reviewer2 = user(Role.SECOND_REVIEWER, username="reviewer2")
        self.reviewer3 = user(Role.FINAL_REVIEWER, username="reviewer3")
        self.publisher = user(Role.PUBLISHER, username="publisher")
        self.column = column("court-news")

    def save(
        self, obj: Article | None = None, *, by: User | None = None, **fields: object
    ) -> Revision:
        """Save a revision of ``obj`` with these fields changed, or of a new article without
        ``obj``.
        """
        values = content(self.column)
        if obj is not None:
            values = obj.newest_revision.content
            values = {**values, "fields": {**values["fields"]}}
        for name, value in fields.items():
            part = values if name in {"pictures", "files", "references"} else values["fields"]
            part[name] = value
        return actions.save(
            obj=obj or Article(),
            content=values,
            by=by or self.editor,
            token=VersionToken.of(obj) if obj else VersionToken(),
        ).revision

    def submit(self, revision: Revision) -> Revision:
        revision = Revision.objects.get(pk=revision.pk)
        return actions.submit(revision=revision, by=self.editor, digest=revision.digest)

    def approve(self, revision: Revision, steps: int | None = None) -> Revision:
        """Approve the revision in all required review steps, or only in the first ``steps`` of
        them.
        """
        people = {
            1: (self.reviewer3,),
            2: (self.reviewer1, self.reviewer3),
            3: (self.reviewer1, self.reviewer2, self.reviewer3),
        }[revision.steps_required]
        for person in people[:steps]:
            revision = actions.approve(
                revision=revision, by=person, digest=revision.digest, reviewed=True, proofread=True
            )
        return revision

    def release(self, revision: Revision) -> Article:
        return actions.release(revision=revision, by=self.publisher, digest=revision.digest)

    def draft(self, **fields: object) -> Revision:
        return self.save(**fields)

    def in_review(self, **fields: object) -> Revision:
        return self.submit(self.save(**fields))

    def returned(self, **fields: object) -> Revision:
        revision = self.in_review(**fields)
        return actions.return_(
            revision=revision, by=self.reviewer1, digest=revision.digest, comment="请核对数字。"
        )

    def approved(self, **fields: object) -> Revision:
        return self.approve(self.in_review(**fields))

    def scheduled(self, at: datetime | None = None, **fields: object) -> Revision:
        revision = self.approved(**fields)
        return actions.schedule(
            revision=revision,
            by=self.publisher,
            digest=revision.digest,
            at=at or timezone.now() + timedelta(days=1),
        )

    def live(self, **fields: object) -> Article:
        return self.release(self.approved(**fields))

    def withdrawn(self, **fields: object) -> Article:
        return actions.withdraw(obj=self.live(**fields), by=self.publisher, reason="信息有误。")

    def expired(self, **fields: object) -> Article:
        article = self.live(expires_at=timezone.now() + timedelta(days=1), **fields)
        past = timezone.now() - timedelta(minutes=1)
        Article.objects.filter(pk=article.pk).update(expires_at=past)
        article.refresh_from_db()
        return actions.expire(obj=article, by=SystemActor("test"))

    def archived(self, **fields: object) -> Article:
        return actions.archive(obj=self.draft(**fields).target, by=self.editor)


class Records:
    """Methods that create objects with one review step: honours, pages and figures of the court."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.honors = user(Role.HONORS)

    @cached_property
    def source(self) -> Article:
        """Return the article that is cited as the source of every figure without another source."""
        return self.newsroom.live(title="原始报道")

    def writer(self, obj: Any) -> User:
        return self.honors if Role.HONORS in obj.writer_roles else self.newsroom.editor

    def draft(self, obj: Any, **fields: Any) -> Revision:
        """Save an object with these fields changed; the fields are Python values or JSON values."""
        newest = obj.newest_revision if obj.pk else None
        stored = newest.content if newest else {"fields": {}}
        if isinstance(obj, Observation) and not newest:
            row = {"role": "stated_in", "type": "news.article"}
            fields.setdefault("references", [{**row, "id": self.source.pk}])
        rows = {
            part: fields.pop(part, stored.get(part, []))
            for part in ("pictures", "files", "references")
        }
        values = {
            name: contents.field_to_json(contents.column(obj, name), value)
            for name, value in fields.items()
        }
        return actions.save(
            obj=obj,
            content=contents.upgrade_content(
                type(obj), {"fields": {**stored["fields"], **values}, **rows}
            ),
            by=self.writer(obj),
            token=VersionToken.of(obj) if obj.pk else VersionToken(),
        ).revision

    def in_review(self, obj: Any, **fields: Any) -> Revision:
        revision = self.draft(obj, **fields)
        if revision.base_id:
            revision = actions.correct(
                obj=obj,
                by=self.writer(obj),
                kind=ChangeKind.TYPOGRAPHICAL,
                token=VersionToken.of(obj),
            )
        return actions.submit(revision=revision, by=self.writer(obj), digest=revision.digest)

    def approved(self, obj: Any, **fields: Any) -> Revision:
        revision = self.in_review(obj, **fields)
        return actions.approve(
            revision=revision,
            by=self.newsroom.reviewer1,
            digest=revision.digest,
            reviewed=True,
            proofread=True,
        )

    def live(self, obj: Any, **fields: Any) -> Any:
        revision = self.approved(obj, **fields)
        return self.newsroom.release(revision)


def image(by: User, *, colour: str = "", **fields: object) -> Image:
    """Add a small image to the library; images with different colours are different files.

    This process decodes it, since starting a decoder takes most of the time.
    """
    number = next(_serial_numbers)
    picture = PIL.Image.new("RGB", (64, 48), colour or (number % 256, number // 256 % 256, 90))
    data = BytesIO()
    picture.save(data, "PNG")
    data.seek(0)
    with patch.object(process_pictures, "_run", _decode_here):
        return add_image(file=File(data, name="picture.png"), by=by, **fields)


def _decode_here(file: IO[bytes], results: IO[bytes], *_options: object) -> dict[str, Any]:
    return program.read_picture(file, results, limits.LARGE_MEMORY_BYTES)
