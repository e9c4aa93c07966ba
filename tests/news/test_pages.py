"""Tests of the public pages of news: they show live articles and no trace of unpublished ones."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from news.actions import set_flag
from news.models import Article, Topic, TopicEntry
from portal.publishing import actions, due
from portal.publishing.actions import VersionToken
from portal.publishing.models import Revision
from portal.publishing.states import ChangeKind, State
from tests import factories
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db

SECRET = "不公开的题目"
BODY = "不公开的正文"


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def test_a_live_article(client: Client, newsroom: Newsroom) -> None:
    article = newsroom.live(
        title="开庭公告",
        kicker="引题",
        subtitle="副题",
        body="<p>正文一段。</p>",
        source="本院",
        author="作者甲",
        responsible_editor="编辑乙",
        keywords="甲词，乙词",
        source_url="https://elsewhere.example/a",
    )
    page = text(client, f"/news/{article.pk}/")
    for text_part in (
        *("开庭公告", "引题", "副题", "正文一段。", "本院", "作者甲", "编辑乙", "甲词"),
        newsroom.column.name,
        newsroom.reviewer1.full_name,
        newsroom.reviewer3.full_name,
        timezone.localtime(article.published_at).strftime("%Y-%m-%d %H:%M"),
        "https://elsewhere.example/a",
    ):
        assert text_part in page, text_part


def archived_after(newsroom: Newsroom, **fields: object) -> Article:
    return actions.archive(obj=newsroom.withdrawn(**fields), by=newsroom.publisher)


#: State of an article that is not public -> (function that creates such an article, HTTP status of
#: the article's URL).
NOT_PUBLIC: dict[str, tuple[Callable[..., object], int]] = {
    "draft": (Newsroom.draft, 404),
    "in review": (Newsroom.in_review, 404),
    "returned": (Newsroom.returned, 404),
    "approved": (Newsroom.approved, 404),
    "scheduled": (Newsroom.scheduled, 404),
    "withdrawn": (Newsroom.withdrawn, 410),
    "expired": (Newsroom.expired, 410),
    "archived, never public": (Newsroom.archived, 404),
    "archived, public once": (archived_after, 410),
}


def made(newsroom: Newsroom, state: str, **fields: object) -> Article:
    found = NOT_PUBLIC[state][0](newsroom, **fields)
    return found.target if isinstance(found, Revision) else found  # type: ignore[return-value]


def test_the_table_has_every_state_except_live() -> None:
    states = {name.split(",")[0] for name in NOT_PUBLIC}
    assert {*State} - {State.LIVE, State.UNRELEASED} <= states


@pytest.mark.parametrize("state", NOT_PUBLIC)
def test_url_of_an_article_that_is_not_public(
    client: Client, newsroom: Newsroom, state: str
) -> None:
    newsroom.live()  # a live article makes the column appear in the navigation
    article = made(newsroom, state, title=SECRET, body=f"<p>{BODY}</p>")
    status = NOT_PUBLIC[state][1]
    page = text(client, f"/news/{article.pk}/", status)
    assert SECRET not in page
    assert BODY not in page
    assert ("信息有误。" in page) == (state in {"withdrawn", "archived, public once"})
    if status == 410:
        assert 'name="robots" content="noindex"' in page
        # A HEAD request gets the same status.
        assert client.head(f"/news/{article.pk}/").status_code == 410


def test_reinstated_article_is_public_again(client: Client, newsroom: Newsroom) -> None:
    article = actions.reinstate(obj=newsroom.withdrawn(title="又来了"), by=newsroom.publisher)
    page = text(client, f"/news/{article.pk}/")
    assert "又来了" in page
    assert "信息有误。" not in page


def surfaces(newsroom: Newsroom) -> dict[str, str]:
    """Return the paths of pages that may show an article's title, except the article's page."""
    return {
        "home": "/",
        "index": "/news/",
        "section": f"/news/{newsroom.column.slug}/",
        "column": "/news/below/",
        "topic": "/topics/topic/",
        "corrections": "/corrections/",
        "article": f"/news/{Article.objects.public().latest('published_at').pk}/",
        "older article": f"/news/{Article.objects.public().earliest('published_at').pk}/",
    }


@pytest.mark.parametrize("state", [*NOT_PUBLIC, "live"])
def test_no_page_shows_an_article_that_is_not_public(
    client: Client, newsroom: Newsroom, state: str
) -> None:
    below = factories.column("below", parent=newsroom.column, home_block="list")
    picture = factories.image(newsroom.editor, alt="图")
    row = {"image": picture.pk, "alt": f"{SECRET}图", "caption": f"{SECRET}图注", "credit": ""}
    fields = {
        "title": SECRET,
        "summary": BODY,
        "body": f"<p>{BODY}</p>",
        "column": below.pk,
        "keywords": f"{SECRET}词",
        "pictures": [{**row, "focal_x": 50, "focal_y": 50}],
    }
    first = newsroom.live(title="前一篇", column=below.pk)
    if state == "live":
        article = newsroom.live(**fields)
    elif state in {"withdrawn", "expired", "archived, public once"}:
        # The article was corrected while it was public: the list of corrections would show it.
        article = corrected(newsroom, state, fields)
    else:
        article = made(newsroom, state, **fields)
    Article.objects.filter(pk=article.pk).update(pinned=True, featured=True)
    topic = Topic.objects.create(name="专题", slug="topic")
    TopicEntry.objects.create(topic=topic, article=first)
    TopicEntry.objects.create(topic=topic, article=article)
    reference = {"role": "related", "type": "news.article", "id": article.pk}
    newsroom.live(title="后一篇", column=below.pk, references=[reference])
    for name, address in surfaces(newsroom).items():
        page = text(client, address)
        if state == "live":
            # The page must show a live article: otherwise the test of the other states would prove
            # nothing.
            assert (SECRET in page) == (name != "corrections"), name
            continue
        for secret in (SECRET, BODY, f"/news/{article.pk}/", picture.digest):
            assert secret not in page, name
    for column in (newsroom.column, below):
        assert Article.objects.public().in_section(column).count() == (3 if state == "live" else 2)


def corrected(newsroom: Newsroom, state: str, fields: dict) -> Article:
    soon = timezone.now() + timedelta(days=1)
    article = newsroom.live(**fields, **({"expires_at": soon} if state == "expired" else {}))
    revision = newsroom.save(article, author="另一人")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note=f"{SECRET}更正",
        token=VersionToken.of(article),
    )
    article = newsroom.release(newsroom.approve(newsroom.submit(revision)))
    if state == "expired":
        Article.objects.filter(pk=article.pk).update(expires_at=timezone.now())
        assert len(due.run_once().done) == 1
        return Article.objects.get(pk=article.pk)
    article = actions.withdraw(obj=article, by=newsroom.publisher, reason="信息有误。")
    return article if state == "withdrawn" else actions.archive(obj=article, by=newsroom.publisher)


@pytest.mark.parametrize("step", ["draft", "in_review", "returned", "approved", "scheduled"])
def test_drafts_of_a_live_article_appear_on_no_page(
    client: Client, newsroom: Newsroom, step: str
) -> None:
    newsroom.column.home_block = "list"
    newsroom.column.save()
    article = newsroom.live(title="现行题目", body="<p>现行正文</p>")
    newsroom.live(
        title="后一篇", references=[{"role": "related", "type": "news.article", "id": article.pk}]
    )
    revision = newsroom.save(article, title=SECRET, body=f"<p>{BODY}</p>", summary=BODY)
    revision = actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note=f"{SECRET}更正",
        token=VersionToken.of(article),
    )
    if step != "draft":
        newsroom.submit(revision)
    if step == "returned":
        revision.refresh_from_db()
        actions.return_(
            revision=revision, by=newsroom.reviewer1, digest=revision.digest, comment=f"{SECRET}批"
        )
    if step in {"approved", "scheduled"}:
        revision = newsroom.approve(Revision.objects.get(pk=revision.pk))
    if step == "scheduled":
        at = timezone.now() + timedelta(days=1)
        actions.schedule(revision=revision, by=newsroom.publisher, digest=revision.digest, at=at)
    pages = ["/", "/news/", f"/news/{newsroom.column.slug}/", "/corrections/"]
    pages += [f"/news/{row.pk}/" for row in Article.objects.public()]
    for address in pages:
        page = text(client, address)
        assert SECRET not in page
        assert BODY not in page
        assert ("现行题目" in page) == (address != "/corrections/")
    if step == "scheduled":
        Revision.objects.filter(pk=revision.pk).update(due_at=timezone.now())
        due.run_once()
        for address in pages[2:]:
            assert SECRET in text(client, address)


def test_corrections_and_withdrawals_are_listed(client: Client, newsroom: Newsroom) -> None:
    article = newsroom.live(title="改过的一篇")
    revision = newsroom.save(article, author="乙")
    actions.correct(
        obj=article,
        by=newsroom.editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="作者更正为乙。",
        token=VersionToken.of(article),
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))
    newsroom.withdrawn(title=SECRET)
    page = text(client, "/corrections/")
    assert '<span class="flag">稿件</span>' in page
    assert "改过的一篇" in page
    assert "作者更正为乙。" in page
    assert "信息有误。" in page
    assert SECRET not in page
    assert "作者更正为乙。" in text(client, f"/news/{article.pk}/")


def released(newsroom: Newsroom, count: int, **fields: object) -> list[Article]:
    """Return ``count`` public articles, published one day apart, oldest first."""
    now = timezone.now()
    return [
        actions.import_released(
            obj=Article(),
            content=factories.content(newsroom.column, **{"title": f"第{n:03d}篇", **fields}),
            by=newsroom.publisher,
            published_at=now - timedelta(days=count - n),
        )
        for n in range(count)
    ]


def titles(page: str, count: int) -> list[str]:
    found = [(page.find(f">第{n:03d}篇<"), f"第{n:03d}篇") for n in range(count)]
    return [title for place, title in sorted(found) if place >= 0]


def test_pagination_of_a_column(client: Client, newsroom: Newsroom) -> None:
    articles = released(newsroom, 45)
    newest_first = [article.title for article in reversed(articles)]
    home = f"/news/{newsroom.column.slug}/"
    for address, expected in (
        (home, newest_first[:20]),
        (f"{home}page/2/", newest_first[20:40]),
        (f"{home}page/3/", newest_first[40:]),
    ):
        assert titles(text(client, address), 45) == expected
    first = client.get(f"{home}page/1/")
    assert (first.status_code, first.headers["Location"]) == (301, home)
    for number in ("0", "4", "99999999", "9" * 30, "9" * 5000, "-1", "x"):
        text(client, f"{home}page/{number}/", 404)
    second = text(client, f"{home}page/2/")
    assert f'rel="prev" href="{home}"' in second
    assert f'rel="next" href="{home}page/3/"' in second
    # After a withdrawal, the articles that follow in the list move up.
    actions.withdraw(obj=articles[-1], by=newsroom.publisher, reason="有误。")
    assert titles(text(client, f"{home}page/2/"), 45) == newest_first[21:41]
    for article in articles[:4]:
        actions.withdraw(obj=article, by=newsroom.publisher, reason="有误。")
    text(client, f"{home}page/3/", 404)


def test_pinned_articles_come_first_on_page_one_only(client: Client, newsroom: Newsroom) -> None:
    articles = released(newsroom, 25)
    Article.objects.filter(pk__in=[articles[0].pk, articles[24].pk]).update(pinned=True)
    home = f"/news/{newsroom.column.slug}/"
    first = titles(text(client, home), 25)
    assert first[:2] == ["第024篇", "第000篇"]
    assert len(first) == len(set(first))
    assert text(client, home).count(">第024篇<") == 1
    assert titles(text(client, f"{home}page/2/"), 25) == [f"第{n:03d}篇" for n in range(4, -1, -1)]


def test_empty_columns_are_hidden(client: Client, newsroom: Newsroom) -> None:
    empty = factories.column("empty", home_block="list", name="空无一文的栏目")
    parent = factories.column("parent", name="上级栏目")
    child = factories.column("child", parent=parent, name="下级栏目")
    barren = factories.column("barren", parent=parent, name="空无一文的下级")
    for column in (empty, barren):
        newsroom.draft(column=column.pk)
        newsroom.withdrawn(column=column.pk)
    newsroom.live(column=child.pk)
    for address in ("/", "/news/", "/news/parent/", "/news/child/"):
        page = text(client, address)
        assert "空无一文" not in page
        assert "上级栏目" in page
        assert "下级栏目" in page


def test_previous_and_next_follow_the_order_of_the_list(client: Client, newsroom: Newsroom) -> None:
    one, two, three = released(newsroom, 3)
    other = factories.column("other")
    newsroom.live(column=other.pk, title="别的栏目")
    page = text(client, f"/news/{two.pk}/")
    assert f'rel="prev" href="/news/{one.pk}/"' in page
    assert f'rel="next" href="/news/{three.pk}/"' in page
    assert 'rel="next"' not in text(client, f"/news/{three.pk}/")
    assert 'rel="prev"' not in text(client, f"/news/{one.pk}/")
    actions.withdraw(obj=two, by=newsroom.publisher, reason="有误。")
    assert f'rel="next" href="/news/{three.pk}/"' in text(client, f"/news/{one.pk}/")


def test_topic_lists_articles_in_its_own_order(client: Client, newsroom: Newsroom) -> None:
    one, two, three = released(newsroom, 3)
    topic = Topic.objects.create(name="专题", slug="topic")
    for position, article in enumerate((two, three, one)):
        TopicEntry.objects.create(topic=topic, article=article, position=position)
    page = text(client, "/topics/topic/")
    assert titles(page, 3) == [two.title, three.title, one.title]
    assert "/topics/topic/" in text(client, f"/news/{one.pk}/")


def test_the_home_page(client: Client, newsroom: Newsroom) -> None:
    assert client.get("/").status_code == 200  # the site has no content yet
    notices = factories.column("notices", home_block="notices")
    headlines = factories.column("list", home_block="list")
    pictures = factories.column("pictures", home_block="pictures")
    unlisted = newsroom.live(title="不上首页")
    for column, title in ((notices, "一则公告"), (headlines, "一条消息"), (pictures, "一张图片")):
        newsroom.live(column=column.pk, title=title)
    page = text(client, "/")
    for title in ("一则公告", "一条消息", "一张图片"):
        assert title in page
    assert "不上首页" not in page
    set_flag(article=unlisted, flag="featured", value=True, by=newsroom.publisher)
    assert "不上首页" in text(client, "/")


def every_page(newsroom: Newsroom) -> dict[str, int]:
    live, gone = newsroom.live(), newsroom.withdrawn()
    topic = Topic.objects.create(name="专题", slug="topic")
    TopicEntry.objects.create(topic=topic, article=live)
    return {
        "/": 200,
        "/news/": 200,
        f"/news/{newsroom.column.slug}/": 200,
        f"/news/{newsroom.column.slug}/page/1/": 301,
        f"/news/{newsroom.column.slug}/page/7/": 404,
        f"/news/{live.pk}/": 200,
        f"/news/{gone.pk}/": 410,
        f"/news/{gone.pk + 1000}/": 404,
        f"/news/{'9' * 30}/": 404,
        "/news/no-such-column/": 404,
        "/topics/topic/": 200,
        "/topics/none/": 404,
        "/corrections/": 200,
        "/nothing/": 404,
    }


def test_pages_are_the_same_for_signed_in_users(newsroom: Newsroom) -> None:
    pages = every_page(newsroom)
    signed_in = Client()
    signed_in.force_login(newsroom.editor)
    for address, status in pages.items():
        stranger, colleague = Client().get(address), signed_in.get(address)
        assert stranger.status_code == status, address
        assert not stranger.cookies, address
        assert stranger.content == colleague.content, address
        vary = stranger.headers.get("Vary", "")
        assert "Cookie" not in vary, address
        assert b"csrfmiddlewaretoken" not in stranger.content
        assert newsroom.editor.full_name.encode() not in colleague.content


def test_cookies_are_limited_to_the_admin(newsroom: Newsroom) -> None:
    """Cookies have the path /admin/, so that browsers do not send them to public pages."""
    browser = Client()
    browser.get("/admin/login/")
    browser.post(
        "/admin/login/", {"username": newsroom.editor.username, "password": factories.PASSWORD}
    )
    assert {name: morsel["path"] for name, morsel in browser.cookies.items()} == {
        "sessionid": "/admin/",
        "csrftoken": "/admin/",
    }


def test_head_returns_the_headers_of_get(newsroom: Newsroom) -> None:
    client = Client()
    for address, status in every_page(newsroom).items():
        get, head = client.get(address), client.head(address)
        assert head.status_code == get.status_code == status
        assert head.content == b""
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_markup_in_any_field_is_escaped(client: Client, newsroom: Newsroom) -> None:
    awkward = "</title><script>alert(1)</script>\"'&amp;<img src=x onerror=alert(2)>"
    names = ("kicker", "title", "subtitle", "summary", "source", "author", "keywords")
    article = newsroom.live(
        **dict.fromkeys(names, awkward),
        responsible_editor="<script>alert(3)",
        body='<p onclick="alert(4)">甲<script>alert(5)</script><img src=x onerror=alert(6)></p>',
    )
    for address in ("/", "/news/", f"/news/{newsroom.column.slug}/", f"/news/{article.pk}/"):
        page = text(client, address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "onclick" not in page
        assert "&lt;script&gt;alert(1)" in page or address == "/"
