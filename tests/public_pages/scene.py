"""Content for the tests of public pages: an article with most optional parts, and image news."""

from __future__ import annotations

from news.models import Article, Column
from portal.site.models import SiteSettings
from tests import factories
from tests.factories import Newsroom

COLOURS = ("#8f1d21", "#1d2530", "#a9812f")
BODY = (
    "<p>7月8日，本院举行挂牌仪式。这是第一段。</p>"
    "<h2>一、小院里的荣誉</h2><p>第二段讲荣誉的由来；第三句讲以后。</p>"
    "<table><tbody><tr><th>受理案件</th><td>5177件</td></tr></tbody></table>"
)


def picture(newsroom: Newsroom, number: int) -> dict[str, object]:
    image = factories.image(newsroom.editor, colour=COLOURS[number])
    row = {"image": image.pk, "alt": f"第{number + 1}幅图", "caption": f"图注{number + 1}"}
    return {**row, "credit": "", "focal_x": 50, "focal_y": 50}


def article(newsroom: Newsroom, *, pictures: int = 3, **fields: object) -> Article:
    return newsroom.live(
        **{
            "kicker": "全国优秀法院",
            "title": "本院举行挂牌仪式",
            "subtitle": "常务副院长参加",
            "body": BODY,
            "source": "本院宣传处",
            "author": "张三",
            "keywords": "荣誉，挂牌",
            "pictures": [picture(newsroom, number) for number in range(pictures)],
            **fields,
        }
    )


def home(newsroom: Newsroom) -> list[Article]:
    """Release four articles with one image each, which the home page displays as image news."""
    named = {"name": "梨树区人民法院", "domain": "court.example", "phone": "12368"}
    SiteSettings.objects.update_or_create(pk=1, defaults=named)
    Column.objects.filter(pk=newsroom.column.pk).update(home_block=Column.HomeBlock.PICTURES)
    rows = [picture(newsroom, number % len(COLOURS)) for number in range(len(COLOURS))]
    return [newsroom.live(title=f"图片新闻{n}", pictures=[rows[n % len(rows)]]) for n in range(4)]
