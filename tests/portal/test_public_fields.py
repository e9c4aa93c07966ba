"""Every model field that a public page reads is in a digest or on the list of exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation

from portal import addresses
from portal.library.models import Attachment, Image
from portal.publishing.models import AttachedFile, AttachedPicture, Review
from tests.architecture.source import BASE
from tests.factories import Newsroom
from tests.library.test_withdrawal import Scene
from tests.sample.fixtures import sample_in_test_database

from .public_reads import (
    Field,
    digest_fields,
    listed_fields,
    recorded_reads,
    template_reads,
    unlisted,
)

#: Templates of pages that only staff see.
STAFF_TEMPLATES = {"admin", "library"}


@pytest.fixture
def sample(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    with (
        sample_in_test_database(request, django_db_blocker),
        translation.override(settings.LANGUAGE_CODE),
    ):
        yield


def test_every_field_of_a_public_page_is_reviewed_or_listed(sample: None) -> None:
    client = Client()
    paths = [*(page.path for page in addresses.pages()), *addresses.query_paths()]
    gone = withdraw_a_picture_and_a_file()
    with recorded_reads() as reads:
        for path in [*paths, *gone]:
            assert client.get(path).status_code == 200, path
    assert ("library.Image", "digest") in reads
    assert unlisted(reads) == []


def withdraw_a_picture_and_a_file() -> list[str]:
    """Withdraw files, so that notices are read too; return the paths of pages that show them."""
    rows: list[Any] = [AttachedPicture.objects.all()[0], AttachedFile.objects.all()[0]]
    for row, media_file in ((rows[0], rows[0].image), (rows[1], rows[1].attachment)):
        values = {"withdrawn_at": timezone.now(), "notice": "侵权"}
        type(media_file).objects.filter(pk=media_file.pk).update(**values)
        assert row.content_type.model_class().objects.filter(pk=row.object_id, state="live")
    return [
        row.content_type.model_class().objects.get(pk=row.object_id).get_absolute_url()
        for row in rows
    ]


def test_every_relation_in_a_public_template_is_reviewed_or_listed() -> None:
    templates = [
        path
        for path in (BASE / "templates").rglob("*.html")
        if path.relative_to(BASE / "templates").parts[0] not in STAFF_TEMPLATES
    ]
    found = template_reads(templates)
    assert ("library.Attachment", "size") in found
    assert unlisted(found) == []


def rendered(template: str) -> Callable[[Any], object]:
    return lambda row: Template(template).render(Context({"row": row}))


#: Pages that read what nobody reviewed: (the row that they show, how they read it, the field).
PLANTED: dict[str, tuple[type, Callable[[Any], object], Field]] = {
    "name": (
        AttachedFile,
        rendered("{{ row.attachment.name }}"),
        ("library.Attachment", "name"),
    ),
    "alternative text": (
        AttachedPicture,
        rendered("{% if row.image.alt %}{% endif %}"),
        ("library.Image", "alt"),
    ),
    "reviewer": (
        Review,
        rendered("{{ row.reviewer.full_name }}"),
        ("accounts.User", "full_name"),
    ),
    "condition": (
        AttachedPicture,
        lambda row: Image.objects.filter(hidden=False).exists(),
        ("library.Image", "hidden"),
    ),
    "condition through a relation": (
        AttachedFile,
        lambda row: AttachedFile.objects.exclude(attachment__title="x").count(),
        ("library.Attachment", "title"),
    ),
    "values": (
        AttachedPicture,
        lambda row: list(AttachedPicture.objects.values("image__credit")),
        ("library.Image", "credit"),
    ),
    "list of values": (
        AttachedFile,
        lambda row: list(Attachment.objects.values_list("title", flat=True)),
        ("library.Attachment", "title"),
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_field_is_found(case: str, request: pytest.FixtureRequest) -> None:
    Scene()
    model, read, field = PLANTED[case]
    row = model._default_manager.all()[0]  # type: ignore[attr-defined]
    with recorded_reads() as reads:
        read(row)
    assert field in unlisted(reads)


def test_planted_relations_in_templates_are_found(tmp_path: Any) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "{{ file.attachment.name }}{% if a.b.image.hidden %}{% endif %}"
        "{% firstof row.image.credit review.reviewer.full_name as x %}{{ 'x.image.title' }}"
    )
    assert unlisted(template_reads([page])) == [
        ("accounts.User", "full_name"),
        ("library.Attachment", "name"),
        ("library.Image", "credit"),
        ("library.Image", "hidden"),
    ]


def test_the_list_names_nothing_that_a_digest_covers() -> None:
    assert listed_fields() & digest_fields() == set()


@pytest.mark.django_db
def test_the_recorder_leaves_nothing_behind() -> None:
    newsroom = Newsroom()
    with recorded_reads() as reads:
        pass
    assert newsroom.editor.full_name
    assert reads == set()
