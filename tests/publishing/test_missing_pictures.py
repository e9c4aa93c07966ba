"""The words that stand for a picture of another site block a text until they are replaced."""

from __future__ import annotations

import pytest

from portal.accounts.roles import Role
from portal.library.cleaning.reading import MISSING_PICTURE
from portal.library.models import Image
from portal.library.richtext import clean_pasted, count_missing_pictures
from portal.publishing import actions
from portal.publishing.content_checks import check_revision
from portal.publishing.errors import Blocked
from tests.factories import Newsroom, user

pytestmark = pytest.mark.django_db

FOREIGN = '<p>前<img src="https://mmbiz.qpic.cn/a.png" width="600">后</p>'


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("无图", 0),
        ("此处缺图", 0),
        (f"甲{MISSING_PICTURE}乙", 1),
        (MISSING_PICTURE * 3, 3),
        ("【 此处缺图 】", 1),
        ("【此处\n缺图】", 1),
    ],
)
def test_places_without_a_picture_are_counted(text: str, count: int) -> None:
    assert count_missing_pictures(text) == count


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"body": clean_pasted(FOREIGN)[0]}, [("missing-picture", "body")]),
        ({"body": "<p>【此处<strong>缺图</strong>】</p>"}, [("missing-picture", "body")]),
        (
            {"body": f"<ul><li>{MISSING_PICTURE}</li></ul>", "summary": MISSING_PICTURE},
            [("missing-picture", "body"), ("missing-picture", "summary")],
        ),
        ({"title": f"标题{MISSING_PICTURE}"}, [("missing-picture", "title")]),
        ({"body": "<p>图片缺失</p>"}, []),
    ],
)
def test_finding_of_each_field(
    newsroom: Newsroom, fields: dict[str, str], found: list[tuple[str, str]]
) -> None:
    results = check_revision(newsroom.draft(**fields))
    assert sorted((each.code, each.field) for each in results) == found
    assert all(each.blocking for each in results)


def test_finding_in_the_words_of_an_attached_picture(newsroom: Newsroom) -> None:
    picture = {"image": 1, "alt": "牌匾", "caption": MISSING_PICTURE, "credit": ""}
    results = check_revision(newsroom.draft(pictures=[picture]))
    assert ("missing-picture", "pictures") in [(each.code, each.field) for each in results]
    assert not Image.objects.exists()


def test_no_reason_overrides_the_finding(newsroom: Newsroom) -> None:
    revision = newsroom.draft(body=clean_pasted(FOREIGN)[0])
    publisher = user(Role.EDITOR, Role.PUBLISHER)
    for reason in ("", "图片稍后补上"):
        with pytest.raises(Blocked) as refused:
            actions.submit(
                revision=revision,
                by=publisher,
                digest=revision.digest,
                override_reason=reason,
            )
        assert "还有1处" in str(refused.value)
        assert MISSING_PICTURE in str(refused.value)
