"""The public pages of honours, and the publishing workflow of an honour."""

from datetime import date
from html.parser import HTMLParser

import pytest
from django.test import Client

from honors import views
from honors.models import Honor
from portal.court.models import Person
from portal.publishing import actions
from portal.publishing.errors import Blocked, NotAllowed
from portal.source_values.dates import SourceDate, parse_date
from tests import factories
from tests.factories import Newsroom, Records

pytestmark = pytest.mark.django_db

COURT = [{"kind": "court", "name": "", "count": ""}]


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def records(newsroom: Newsroom) -> Records:
    return Records(newsroom)


def merit(records: Records, **fields: object) -> Honor:
    return records.live(
        Honor(),
        **{
            "name": "集体二等功",
            "kind": "merit",
            "levels": ("provincial",),
            "awarding_body": "省法院",
            "awarded": parse_date("2018年"),
            "recipients": COURT,
            **fields,
        },
    )


class Words(HTMLParser):
    """The texts and the link targets in the main element of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.inside = 0
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.inside += tag == "main"
        if self.inside and tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "main"

    def handle_data(self, data: str) -> None:
        if self.inside and data.strip():
            self.words.append(" ".join(data.split()))


def read(client: Client, address: str) -> Words:
    response = client.get(address)
    assert response.status_code == 200, address
    return Words(response.content)


def test_an_honour_shows_its_content_and_its_source(records: Records, client: Client) -> None:
    article = records.newsroom.live(title="被省法院荣记集体二等功")
    row = {"role": "stated_in", "type": "news.article", "id": article.pk}
    honor = merit(records, references=[row], remark="是记功，不是称号。")
    page = read(client, honor.get_absolute_url())
    for words in ("集体二等功", "省级", "记功", "省法院", "2018年", "本院", "是记功，不是称号。"):
        assert words in page.words, words
    assert article.get_absolute_url() in page.links
    assert "被省法院荣记集体二等功" in page.words
    # The article links back to the honour.
    assert honor.get_absolute_url() in read(client, article.get_absolute_url()).links


def test_missing_facts_are_shown_as_unstated(records: Records, client: Client) -> None:
    honor = merit(records, awarding_body="", awarded=None)
    assert read(client, honor.get_absolute_url()).words.count("未说明") == 2
    wall = read(client, "/honors/")
    assert {"授予单位未说明", "时间未说明"} <= set(wall.words)


def test_an_inferred_year_is_marked(records: Records, client: Client) -> None:
    day = date(2021, 7, 8)
    printed = parse_date("7月8日")
    inferred = SourceDate("7月8日", printed.precision, day, day, inferred=True)
    honor = merit(records, awarded=None, presented=inferred)
    assert "年份推定" in read(client, honor.get_absolute_url()).words
    wall = read(client, "/honors/")
    assert "年份推定" in wall.words
    assert read(client, "/honors/year/2021/").links.count(honor.get_absolute_url()) == 1


def test_an_honour_of_two_levels_is_listed_at_both(records: Records, client: Client) -> None:
    honor = merit(records, levels=("municipal", "provincial"), awarded=parse_date("三年来"))
    for address in ("/honors/level/provincial/", "/honors/level/municipal/"):
        assert honor.get_absolute_url() in read(client, address).links
    assert client.get("/honors/level/national/").status_code == 404
    assert client.get("/honors/level/nonsense/").status_code == 404
    assert honor.get_absolute_url() in read(client, "/honors/year/undated/").links
    assert client.get("/honors/year/2018/").status_code == 404


def test_lists_are_in_the_order_of_the_awards(
    records: Records, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 2)
    printed = ("2015年", "三年来", "2019年3月5日", "2017年", "2019年")
    made = {text: merit(records, name=text, awarded=parse_date(text)) for text in printed}
    found = []
    for number in (1, 2, 3):
        suffix = f"page/{number}/" if number > 1 else ""
        page = read(client, f"/honors/level/provincial/{suffix}")
        found += [url for url in page.links if url[8:-1].isdigit()]
    order = ["2019年3月5日", "2019年", "2017年", "2015年", "三年来"]
    assert found == [made[text].get_absolute_url() for text in order]
    assert client.get("/honors/level/provincial/page/4/").status_code == 404
    assert client.get("/honors/level/provincial/page/1/").status_code == 301


def test_public_people_are_linked(records: Records, client: Client) -> None:
    person = records.live(
        Person(), name="王鹏举", is_leader=True, posts=[{"title": "院长", "since": "", "until": ""}]
    )
    records.draft(Person(), name="高岐")
    rows = [{"kind": "person", "name": name, "count": ""} for name in ("王鹏举", "高岐")]
    page = read(client, merit(records, recipients=rows).get_absolute_url())
    assert person.get_absolute_url() in page.links
    assert {"王鹏举", "、高岐"} <= set(page.words)
    assert len([url for url in page.links if "/court/" in url]) == 1


def test_an_empty_wall_answers_404(records: Records, client: Client) -> None:
    records.draft(Honor(), name="草稿")
    assert client.get("/honors/").status_code == 404


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "withdrawn", "archived"])
def test_no_page_shows_what_is_not_public(state: str, records: Records, client: Client) -> None:
    merit(records)  # without a public honour, the pages would respond with 404
    secret = {"name": "尚未公开的荣誉", "levels": ("provincial",), "recipients": COURT}
    secret["awarded"] = parse_date("2018年")
    if state == "withdrawn":
        honor = actions.withdraw(
            obj=records.live(Honor(), **secret), by=records.newsroom.publisher, reason="有误。"
        )
    elif state == "archived":
        honor = actions.archive(obj=records.draft(Honor(), **secret).target, by=records.honors)
    else:
        honor = getattr(records, state)(Honor(), **secret).target
    for address in ("/", "/honors/", "/honors/level/provincial/", "/honors/year/2018/"):
        assert "尚未公开的荣誉" not in client.get(address).content.decode(), address
    gone = client.get(honor.get_absolute_url())
    assert gone.status_code == (410 if state == "withdrawn" else 404)
    assert "尚未公开的荣誉" not in gone.content.decode()


def test_changes_of_a_live_honour_become_public_on_release(
    records: Records, client: Client
) -> None:
    honor = merit(records)
    records.draft(honor, name="改过的名称", levels=("national",), awarded=parse_date("2019年"))
    wall = client.get("/honors/").content.decode()
    assert "改过的名称" not in wall
    assert client.get("/honors/level/national/").status_code == 404
    records.live(Honor.objects.get(pk=honor.pk), name="改过的名称", levels=("national",))
    assert "改过的名称" in read(client, "/honors/level/national/").words
    assert client.get("/honors/level/provincial/").status_code == 404


@pytest.mark.parametrize("name", ["reviewer1", "reviewer2", "reviewer3"])
def test_one_review_by_any_reviewer_approves(name: str, records: Records) -> None:
    revision = records.in_review(Honor(), name="荣誉", levels=("court",), recipients=COURT)
    assert revision.steps_required == 1
    person = getattr(records.newsroom, name)
    revision = actions.approve(
        revision=revision, by=person, digest=revision.digest, reviewed=True, proofread=True
    )
    assert revision.state == "approved"


def test_the_author_may_not_review(records: Records) -> None:
    both = factories.user(*records.honors.roles, *records.newsroom.reviewer1.roles)
    records.honors = both
    revision = records.in_review(Honor(), name="荣誉", levels=("court",), recipients=COURT)
    with pytest.raises(NotAllowed):
        actions.approve(
            revision=revision, by=both, digest=revision.digest, reviewed=True, proofread=True
        )


def test_editors_may_not_write_honours(records: Records) -> None:
    with pytest.raises(NotAllowed):
        actions.save(
            obj=Honor(),
            content={"fields": {}},
            by=records.newsroom.editor,
            token=actions.VersionToken(),
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"levels": ()},
        {"recipients": []},
        {"rescinded_on": date(2020, 1, 1)},
        {"awarded": parse_date("很久以前")},
    ],
)
def test_missing_content_blocks_the_submission(fields: dict, records: Records) -> None:
    with pytest.raises(Blocked):
        records.in_review(
            Honor(), **{"name": "荣誉", "levels": ("court",), "recipients": COURT, **fields}
        )


def test_an_unclear_date_is_accepted_with_a_remark(records: Records) -> None:
    honor = merit(records, awarded=parse_date("很久以前"), remark="时间照原文，含义不详。")
    assert honor.awarded_year == 0
    assert str(honor.awarded) == "很久以前"


def test_a_future_date_gives_a_check_result(records: Records) -> None:
    draft = records.draft(
        Honor(), name="荣誉", levels=("court",), recipients=COURT, awarded=parse_date("2091年")
    )
    assert [finding.code for finding in draft.as_object().content_checks()] == ["date-ahead"]
