"""Create thousands of articles within seconds, with the same rows that the workflow writes.

The rows are written by ``bulk_create`` instead of the workflow's actions;
``tests/news/test_flat.py`` compares a few of them with the rows that ``import_released`` writes.
The columns are always the same, so that the cost of a page can be compared between 20 and 20,000
articles. The benchmarks pass articles with other texts and columns to ``write``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from news.models import Article, Column, Topic, TopicEntry
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.library.models import Image, PublicUse
from portal.publishing import content as contents
from portal.publishing import list_counts
from portal.publishing.models import AttachedPicture, Contribution, Reference, Revision, Snapshot
from portal.publishing.states import ChangeKind, RevisionState, State
from tests import factories

BATCH = 1000
YEARS = timedelta(days=3650)
ALT = "法院外景"
# The constants below select every n-th article of a column, counted from the newest one.
WITHOUT_PICTURE = 3  # The selected articles have no image.
CORRECTED = 50  # The selected articles were corrected one time.
PINNED = 400  # The selected articles are pinned.
FEATURED = 500  # The selected articles are featured.
REFERRING = 10  # The selected articles refer to the next article.


@dataclass(frozen=True)
class Tree:
    """The columns of the site: ``news`` is the parent of ``court``, ``media`` and ``closed``.

    ``closed`` contains only old articles, because the newest article of a column need not be among
    the newest articles of the site. ``empty`` contains no articles.
    """

    news: Column
    court: Column
    media: Column
    closed: Column
    notices: Column
    empty: Column

    @property
    def filled(self) -> tuple[Column, ...]:
        return self.court, self.media, self.closed, self.notices


def columns() -> Tree:
    blocks = Column.HomeBlock
    news = factories.column("news-centre", position=1, home_block=blocks.LIST)
    return Tree(
        news=news,
        court=factories.column("at-court", parent=news, home_block=blocks.PICTURES),
        media=factories.column("media-voices", parent=news, home_block=blocks.LIST),
        closed=factories.column("former-series", parent=news, home_block=blocks.LIST),
        notices=factories.column("notices", position=2, home_block=blocks.NOTICES),
        empty=factories.column("empty", position=3, home_block=blocks.LIST),
    )


def articles(
    count: int, *, tree: Tree | None = None, by: User | None = None, newest: datetime | None = None
) -> Tree:
    """Create ``count`` live articles with dates across ten years in the columns of ``tree``.

    The newest article is created first. Nearly half of the articles are in one column. Some ids are
    not in the order of the dates, as after an import.
    """
    tree = tree or columns()
    by = by or factories.user(Role.EDITOR)
    newest = newest or timezone.now() - timedelta(hours=1)
    images = [factories.image(by, alt=ALT) for _ in range(3)]
    topic = Topic.objects.get_or_create(slug="a-topic", defaults={"name": "专题"})[0]
    first = (Article.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    write(_plan(count, first, tree, newest, images), by=by, topic=topic)
    return tree


@dataclass(frozen=True)
class Planned:
    """An article that ``write`` will store, with the data of the rows that belong to the article.

    ``related`` is the id of an article that this article refers to, or None. The referenced article
    may be stored later.
    """

    article: Article
    image: Image | None
    corrected: bool
    related: int | None
    in_topic: bool


def write(
    plan: Iterator[Planned],
    *,
    by: User,
    topic: Topic | None,
    batch_size: int = BATCH,
    slim: bool = False,
) -> None:
    """Write the planned articles and their rows in batches, and rebuild the list counts.

    ``topic`` may be None if no planned article is in a topic.
    ``slim`` omits the snapshots, and the article texts in the revisions. Only the admin reads these
    rows, and they would take most of the database's size.
    """
    with transaction.atomic():
        while batch := list(islice(plan, batch_size)):
            _write(batch, by, topic, slim)
        # The articles have explicit ids, which do not advance PostgreSQL's sequence.
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), [Article]):
                cursor.execute(sql)
        list_counts.rebuild_counts(Article)


def _plan(
    count: int, first: int, tree: Tree, newest: datetime, images: list[Image]
) -> Iterator[Planned]:
    step = YEARS / max(count, 1)
    order = (tree.court, tree.media, tree.court, tree.notices)
    positions = {column.pk: 0 for column in tree.filled}
    for number in range(count):
        column = tree.closed if number >= count * 0.9 else order[number % len(order)]
        place = positions[column.pk]
        positions[column.pk] += 1
        at = newest - step * number
        yield Planned(
            Article(
                # Every two neighbours swap their ids, so that the order by id is not the order by
                # date.
                pk=first + (number ^ 1 if number | 1 < count else number),
                state=State.LIVE,
                column=column,
                section=column.parent or column,
                working_column=column,
                title=f"第{number}篇：法官走进社区讲解民法典",
                working_title=f"第{number}篇：法官走进社区讲解民法典",
                summary="法官以案说法，回应居民关切。",
                body=f"<p>{number}</p>" + "\n<p>法官走进社区，以案说法，回应居民关切。</p>" * 5,
                source="本院",
                published_at=at,
                published_on=timezone.localdate(at),
                released_at=at,
                pinned=place % PINNED == 0,
                featured=place % FEATURED == 1,
            ),
            None if place % WITHOUT_PICTURE == 2 else images[number % len(images)],
            corrected=place % CORRECTED == 1,
            related=first + number + 1 if place % REFERRING == 1 and number + 1 < count else None,
            in_topic=number < 5,
        )


def _write(batch: list[Planned], by: User, topic: Topic | None, slim: bool) -> None:
    kind = ContentType.objects.get_for_model(Article)
    Article.objects.bulk_create([planned.article for planned in batch])
    pictures = [
        AttachedPicture(
            content_type=kind, object_id=planned.article.pk, image=planned.image, alt=ALT
        )
        for planned in batch
        if planned.image
    ]
    AttachedPicture.objects.bulk_create(pictures)
    PublicUse.objects.bulk_create(
        [PublicUse(owner_type=kind, owner_id=row.object_id, image=row.image) for row in pictures]
    )
    Reference.objects.bulk_create(
        [
            Reference(
                source_type=kind,
                source_id=planned.article.pk,
                target_type=kind,
                target_id=planned.related,
                role=Reference.Role.RELATED,
            )
            for planned in batch
            if planned.related
        ]
    )
    # Write the revisions without a base first: a correction refers to the revision that it
    # replaces.
    revisions = Revision.objects.bulk_create(
        [_revision(planned, by, kind, slim, replaced=planned.corrected) for planned in batch]
    )
    corrections = Revision.objects.bulk_create(
        [
            _revision(planned, by, kind, slim, base=revision)
            for planned, revision in zip(batch, revisions, strict=True)
            if planned.corrected
        ]
    )
    _write_history([*revisions, *corrections], by, slim)
    TopicEntry.objects.bulk_create(
        [TopicEntry(topic=topic, article=planned.article) for planned in batch if planned.in_topic]
    )


def _revision(
    planned: Planned,
    by: User,
    kind: ContentType,
    slim: bool,
    *,
    replaced: bool = False,
    base: Revision | None = None,
) -> Revision:
    article = planned.article
    picture = AttachedPicture(image=planned.image, alt=ALT) if planned.image else None
    reference = {"role": "related", "type": "news.article", "id": planned.related}
    content = contents.from_instance(
        article,
        pictures=[picture.as_content()] if picture else [],
        files=(),
        references=[reference] if planned.related else [],
    )
    if slim:
        content["fields"]["body"] = ""
    revision = Revision(
        content_type=kind,
        object_id=article.pk,
        number=2 if base else 1,
        state=RevisionState.SUPERSEDED if replaced else RevisionState.RELEASED,
        base=base,
        content=content,
        title=article.title,
        change_kind=ChangeKind.TYPOGRAPHICAL if base else ChangeKind.NONE,
        schema_version=Article.schema_version,
        imported=True,
        created_by=by,
        saved_by=by,
        saved_at=article.published_at,
        released_at=article.published_at + timedelta(days=1) if base else article.published_at,
    )
    revision.digest = _digest(revision, planned.image)
    return revision


def _digest(revision: Revision, image: Image | None) -> str:
    """Compute the digest like ``Revision.digest_of``, without a database query per image."""
    body = {
        "type": Article._meta.label_lower,
        "schema": Article.schema_version,
        "content": revision.content,
        "correction": (revision.change_kind, revision.public_note),
        "images": {str(image.pk): image.digest} if image else {},
        "attachments": {},
    }
    return hashlib.sha256(contents.canonical(body).encode()).hexdigest()


def _write_history(revisions: Iterable[Revision], by: User, slim: bool) -> None:
    revisions = list(revisions)
    Contribution.objects.bulk_create(
        [Contribution(revision=revision, user=by) for revision in revisions]
    )
    if slim:
        return
    Snapshot.objects.bulk_create(
        [
            Snapshot(
                revision=revision,
                version=revision.version,
                content=revision.content,
                digest=revision.digest,
                saved_by=by,
                saved_at=revision.saved_at,
            )
            for revision in revisions
        ]
    )
