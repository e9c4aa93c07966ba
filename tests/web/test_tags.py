from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils import translation

from portal.web.templatetags.web import dialable

# 16:05 UTC is 00:05 of the next day in the court's time zone.
AT = datetime(2026, 7, 8, 16, 5, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load web %}" + source).render(Context(context))


def column(pk: int, parent_id: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(pk=pk, parent_id=parent_id)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ at|format_datetime }}", "2026-07-09 00:05"),
        (
            "{% time_tag at %}",
            '<time datetime="2026-07-09T00:05+08:00">2026-07-09 00:05</time>',
        ),
        ("{% date_tag at %}", '<time datetime="2026-07-09">2026-07-09</time>'),
        ("{% date_tag on %}", '<time datetime="2026-07-08">2026-07-08</time>'),
        ("[{% time_tag none %}{% date_tag none %}{{ none|format_datetime }}]", "[]"),
    ],
)
def test_times_are_in_the_courts_time_zone(source: str, expected: str) -> None:
    assert render(source, at=AT, on=date(2026, 7, 8), none=None) == expected


def test_external_link_has_a_hidden_text() -> None:
    link = render("{% external_link url text %}", url="https://a.example/?b=1&c=2", text="<法院>")
    assert link == (
        '<a class="external" href="https://a.example/?b=1&amp;c=2" rel="noopener">&lt;法院&gt;'
        '<span class="visually-hidden">（外部网站）</span></a>'
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            "举行“全国优秀法院”挂牌仪式",
            '举行“<span class="whole">全国优秀法院”</span>挂牌仪式',
        ),
        ("《人民法院报》刊发", '《<span class="whole">人民法院报》</span>刊发'),
        # The quoted name is too long for one line on a phone.
        ("“不忘初心、牢记使命”主题教育", "“不忘初心、牢记使命”主题教育"),
        ("“<b>”&“", "“&lt;b&gt;”&amp;“"),
        ("<script>“甲”</script>", '&lt;script&gt;“<span class="whole">甲”</span>&lt;/script&gt;'),
        ("", ""),
    ],
)
def test_headline_wraps_short_quoted_names_and_is_escaped(title: str, expected: str) -> None:
    assert render("{{ title|headline }}", title=title) == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("zh-hans", "zh-Hans"), ("en", "en"), ("", "zh-Hans"), (None, "zh-Hans")]
)
def test_language_tags(code: str | None, expected: str) -> None:
    assert render("{% language_tag code %}", code=code) == expected


@pytest.mark.parametrize(
    ("context", "lies_here"),
    [
        ({"column": column(1)}, True),
        ({"column": column(2, parent_id=1)}, True),
        ({"column": column(3, parent_id=2)}, False),
        ({"article": SimpleNamespace(column=column(2, parent_id=1))}, True),
        ({"article": SimpleNamespace(column=None)}, False),
        ({}, False),
    ],
)
def test_current_column_of_a_page(context: dict, lies_here: bool) -> None:
    assert render("{% is_current_column top %}", top=column(1), **context) == str(lies_here)


@override_settings(HTTPS=True)
def test_canonical_url_ignores_host_and_query() -> None:
    request = RequestFactory().get("/news/7/?from=elsewhere", headers={"host": "localhost"})
    site = SimpleNamespace(domain="court.example")
    assert (
        render("{% canonical_url %}", request=request, site=site) == "https://court.example/news/7/"
    )
    assert (
        render("{% canonical_url '/a' %}", request=request, site=site) == "https://court.example/a"
    )
    assert render("{% canonical_url %}", request=request) == "/news/7/"


def test_hostname_of_a_url() -> None:
    assert render("{{ 'https://wenshu.court.gov.cn/a?b'|hostname }}") == "wenshu.court.gov.cn"


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("12368", "12368"),
        ("0467-1234567", "04671234567"),
        ("0467-1234567 转 8", "04671234567"),
        ("+86 467 1234567", "+864671234567"),
        ("总机", ""),
        ("8", ""),
    ],
)
def test_dialable_part_of_a_number(written: str, dialled: str) -> None:
    assert dialable(written) == dialled


@pytest.mark.parametrize(
    ("page", "there", "marked"),
    [
        ("zh-hans", SimpleNamespace(language="en"), ' lang="en"'),
        ("zh-hans", SimpleNamespace(language="zh-hans"), ""),
        ("zh-hans", SimpleNamespace(language=""), ""),
        ("zh-hans", "/en/news/1/", ' lang="en"'),
        ("zh-hans", "/news/1/", ""),
        ("en", SimpleNamespace(language="zh-hans"), ' lang="zh-Hans"'),
        ("en", SimpleNamespace(language='"><b'), ' lang="&quot;&gt;&lt;b"'),
        ("en", "/honors/1/", ' lang="zh-Hans"'),
        ("en", "/en/honors/1/", ""),
    ],
)
def test_lang_attribute_of_links_to_the_other_language(
    page: str, there: object, marked: str
) -> None:
    with translation.override(page):
        assert render("{{ there|link_lang_attr }}", there=there) == marked


def test_lang_attribute_of_foreign_text() -> None:
    for page, text, marked in (
        ("en", "法院", ' lang="zh-Hans"'),
        ("en", "Court", ""),
        ("zh-hans", "法院", ""),
    ):
        with translation.override(page):
            assert render("{{ text|lang_attr }}", text=text) == marked
