"""The navigation shows columns with articles and columns that link to a page with content."""

import pytest

from news.models import Column
from portal.context import navigation
from tests.court.build import Court

pytestmark = pytest.mark.django_db


def entries() -> dict[str, tuple[str, list[str]]]:
    return {
        column.name: (column.get_absolute_url(), [each.name for each in column.visible_children])
        for column in navigation()
    }


def column(name: str, page: str = "", parent: Column | None = None) -> Column:
    slug = f"column-{Column.objects.count()}"
    return Column.objects.create(name=name, slug=slug, page=page, parent=parent)


def test_columns_of_empty_pages_are_hidden() -> None:
    column("荣誉", "honors:wall")
    column("概况", "court:profile")
    assert entries() == {}


def test_columns_of_pages_with_content_are_shown() -> None:
    above = column("概况", "court:profile")
    column("联系方式", "court:contact", above)
    column("法官名录", "court:judges", above)
    court = Court()
    court.profile(quota_judge_count=None)
    assert entries()["概况"] == ("/court/", ["联系方式"])


def test_parent_of_a_filled_page_is_shown() -> None:
    above = column("关于本院")
    column("领导信息", "court:leaders", above)
    assert entries() == {}
    Court().person("王鹏举", "院长", is_leader=True)
    assert entries() == {"关于本院": ("/court/leaders/", ["领导信息"])}


def test_empty_page_is_replaced_by_the_columns_articles() -> None:
    court = Court()
    Column.objects.filter(pk=court.newsroom.column.pk).update(page="honors:wall")
    court.article()
    assert entries() == {court.newsroom.column.name: ("/news/court-news/", [])}
