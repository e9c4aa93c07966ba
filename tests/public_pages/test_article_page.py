"""The page of an article contains each of its required parts one time."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _

from honors.models import Honor
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.states import ChangeKind
from portal.web.templatetags.web import format_datetime
from tests.factories import Newsroom, Records

from . import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def part(page: str, start: str, end: str) -> str:
    found = re.search(f"{re.escape(start)}.*?{re.escape(end)}", page, re.DOTALL)
    assert found, start
    return found[0]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_parts_of_the_head_are_in_order(client: Client, newsroom: Newsroom) -> None:
    article = scene.article(newsroom)
    page = read(client, article.get_absolute_url())
    text = words(part(page, '<article class="article"', '<div class="article-tools">'))
    assert text == (
        f"全国优秀法院 本院举行挂牌仪式 常务副院长参加 来源 本院宣传处 作者 张三 "
        f"发布时间 {format_datetime(article.published_at)}"
    )
    steps = part(page, '<nav class="breadcrumb"', "</nav>")
    assert re.findall(r'href="([^"]+)"', steps) == ["/", newsroom.column.list_url]


def test_an_update_is_displayed_once_there_is_one(client: Client, newsroom: Newsroom) -> None:
    article = scene.article(newsroom)
    address = article.get_absolute_url()
    labels = [_("Published at"), _("Updated at")]
    assert [f"<dt>{word}</dt>" in read(client, address) for word in labels] == [True, False]
    type(article).objects.filter(pk=article.pk).update(released_at="2030-01-01T00:00Z")
    assert [f"<dt>{word}</dt>" in read(client, address) for word in labels] == [True, True]


def test_the_share_box_contains_the_address_as_code_and_text(
    client: Client, newsroom: Newsroom
) -> None:
    scene.home(newsroom)
    article = scene.article(newsroom)
    page = read(client, article.get_absolute_url())
    address = f"http://court.example{article.get_absolute_url()}"
    box = part(page, '<details class="share"', "</details>")
    assert part(box, '<p class="share-address" data-address>', "</p>") == (
        f'<p class="share-address" data-address>{address}</p>'
    )
    # The printed page uses the same drawing of the QR code, which the HTML contains one time.
    assert page.count('<path id="qr"') == box.count('<path id="qr"') == 1
    assert page.count('<use href="#qr"/>') == 1
    assert address in part(page, '<section class="on-paper"', "</section>")
    # The share box contains no URL of another site: no external service draws the QR code.
    assert "://" not in re.sub(r"http://court\.example", "", box)


def test_a_preview_is_not_shared(client: Client, newsroom: Newsroom) -> None:
    revision = newsroom.draft(title="未发布")
    client.force_login(newsroom.editor)
    page = read(client, f"/admin/news/article/{revision.object_id}/preview/page/")
    assert "未发布" in page
    absent = ["share", "on-paper", "report"]
    assert [name for name in absent if f'class="{name}"' in page] == []


def test_the_error_form_is_given_the_address_of_the_page(
    client: Client, newsroom: Newsroom
) -> None:
    address = scene.article(newsroom).get_absolute_url()
    found = re.findall(r'href="([^"]*\?page=[^"]*)"', read(client, address))
    assert found == [f"{reverse('feedback')}?page={address}"]


def test_without_script_each_picture_leads_to_its_largest_file(
    client: Client, newsroom: Newsroom
) -> None:
    article = scene.article(newsroom)
    page = read(client, article.get_absolute_url())
    digests = [picture.image.digest for picture in article.pictures]
    found = re.findall(r'<a class="plate-link" href="([^"]+)"', page)
    assert [digest in address for digest, address in zip(digests, found, strict=True)] == [True] * 3
    assert {address.rpartition(".")[2] for address in found} == {"jpg"}
    assert page.count("<dialog") == 1


@pytest.mark.parametrize("pictures", [0, 1])
def test_the_lightbox_exists_only_with_a_picture(
    client: Client, newsroom: Newsroom, pictures: int
) -> None:
    page = read(client, scene.article(newsroom, pictures=pictures).get_absolute_url())
    assert page.count("<dialog") == page.count("gallery.js") == pictures


def test_related_links_have_headings_only_if_there_are_several_kinds(
    client: Client, newsroom: Newsroom
) -> None:
    other = newsroom.live(title="另一篇")
    related = {"role": "related", "type": "news.article", "id": other.pk}
    honor = Records(newsroom).live(
        Honor(), name="集体二等功", levels=("provincial",), recipients=[{"kind": "court"}]
    )
    reports = {"role": "reports", "type": "honors.honor", "id": honor.pk}
    for references, count in (([related], 0), ([related, reports], 2)):
        address = scene.article(newsroom, references=references).get_absolute_url()
        box = part(read(client, address), 'aria-labelledby="references"', "</section>")
        assert len(re.findall(r"<h3>[^<]+</h3>", box)) == count
        assert box.count("<li>") == len(references)


def test_keywords_lead_to_the_search(client: Client, newsroom: Newsroom) -> None:
    page = read(client, scene.article(newsroom, keywords="荣誉，A&B").get_absolute_url())
    found = re.findall(r'<a href="(/search/\?q=[^"]+)">([^<]+)</a>', page)
    assert found == [("/search/?q=%E8%8D%A3%E8%AA%89", "荣誉"), ("/search/?q=A%26B", "A&amp;B")]


def test_a_correction_is_displayed_below_the_text(client: Client, newsroom: Newsroom) -> None:
    article = scene.article(newsroom)
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="数字更正为5177件。",
        token=VersionToken.of(article),
    )
    revision = article.newest_revision
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    page = read(client, article.get_absolute_url())
    text = words(part(page, 'aria-labelledby="corrections"', "</section>"))
    assert text.endswith("数字更正为5177件。")
    assert page.index('aria-labelledby="corrections"') > page.index("第三句讲以后")


def test_heading_levels_are_not_skipped(client: Client, newsroom: Newsroom) -> None:
    other = newsroom.live(title="另一篇")
    row = {"role": "related", "type": "news.article", "id": other.pk}
    article = scene.article(newsroom, references=[row])
    levels = [int(n) for n in re.findall(r"<h([1-6])", read(client, article.get_absolute_url()))]
    assert levels[0] == 1
    assert [b for a, b in pairwise(levels) if b > a + 1] == []
    assert levels.count(1) == 1
