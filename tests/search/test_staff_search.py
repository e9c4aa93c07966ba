"""The search of an admin list finds words of complete texts, also of drafts.

Only users who may view the list may search in it.
"""

import pytest
from django.test import Client
from django.urls import reverse

from honors.models import Honor
from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.search import staff_search
from portal.search.models import StaffIndex
from tests import factories
from tests.factories import Newsroom, Records

pytestmark = pytest.mark.django_db

WORD = "枫桥经验"


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def search_list(user: User, words: str, model: str = "news_article") -> set[str] | int:
    """Return the titles that the admin's list shows, or the response status if it is not 200."""
    client = Client()
    client.force_login(user)
    response = client.get(reverse(f"admin:{model}_changelist"), {"q": words})
    if response.status_code != 200:
        return response.status_code
    return {row.working_title for row in response.context["cl"].result_list}


def test_drafts_are_found_by_any_word(newsroom: Newsroom) -> None:
    newsroom.save(title="甲", body=f"<p>长文里的{WORD}。</p>")
    newsroom.save(title="乙", keywords="楓橋經驗")
    newsroom.save(title="丙")
    for words in (WORD, "楓橋經驗", "“枫桥经验”", "枫桥 经验"):
        assert search_list(newsroom.editor, words) == {"甲", "乙"}
    assert search_list(newsroom.editor, "长文 枫桥") == {"甲"}
    assert search_list(newsroom.editor, "没有的词") == set()


def test_the_newest_saved_text_is_searched(newsroom: Newsroom) -> None:
    article = newsroom.live(title="甲", body="<p>旧话。</p>")
    assert search_list(newsroom.editor, "旧话") == {"甲"}
    newsroom.save(article, body="<p>新话。</p>")
    assert (search_list(newsroom.editor, "旧话"), search_list(newsroom.editor, "新话")) == (
        set(),
        {"甲"},
    )
    source = article.live_revision
    actions.restore(obj=article, source=source, by=newsroom.editor, token=VersionToken.of(article))
    assert (search_list(newsroom.editor, "旧话"), search_list(newsroom.editor, "新话")) == (
        {"甲"},
        set(),
    )


def test_autosaves_are_found(newsroom: Newsroom) -> None:
    content = factories.content(newsroom.column, title="甲", body=f"<p>{WORD}</p>")
    actions.save(
        obj=Article(), content=content, by=newsroom.editor, token=VersionToken(), autosave=True
    )
    assert search_list(newsroom.editor, WORD) == {"甲"}


def test_each_list_searches_its_own_model(newsroom: Newsroom) -> None:
    records = Records(newsroom)
    records.draft(Honor(), name="先进集体", remark=WORD)
    newsroom.save(title="甲", body=f"<p>{WORD}</p>")
    assert search_list(newsroom.editor, WORD) == {"甲"}
    assert search_list(records.honors, WORD, "honors_honor") == {"先进集体"}
    assert staff_search.find_matching_ids(Article, WORD) == [Article.objects.get().pk]


def test_searching_needs_permission_to_view_the_list(newsroom: Newsroom) -> None:
    newsroom.save(title="甲", body=f"<p>{WORD}</p>")
    assert search_list(factories.user(Role.AUDITOR), WORD) == {"甲"}
    for role in (Role.HONORS, Role.SITE_ADMIN, Role.SECURITY):
        assert search_list(factories.user(role), WORD) == 403
    assert search_list(factories.user(), WORD) == 403
    assert Client().get(reverse("admin:news_article_changelist"), {"q": WORD}).status_code == 302


def test_imported_drafts_are_found(newsroom: Newsroom) -> None:
    staff = factories.user(Role.HONORS)
    empty = {"pictures": [], "files": [], "references": []}
    written = [
        {"fields": {"name": f"第{number}号", "remark": WORD}, **empty} for number in range(3)
    ]
    actions.save_new_objects(model=Honor, written=written, by=staff)
    assert StaffIndex.objects.count() == 3
    assert search_list(staff, WORD, "honors_honor") == {"第0号", "第1号", "第2号"}


def test_queries_without_words_search_the_columns(newsroom: Newsroom) -> None:
    newsroom.save(title="《》")
    assert search_list(newsroom.editor, "《》") == {"《》"}
