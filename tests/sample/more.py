"""Additions to the sample portal: long texts and everything that a page can contain.

The real workflow actions create these additions, like the sample portal itself; only the many
articles of one column are written at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from news.models import Article, Column, Topic, TopicEntry
from news.views import PER_PAGE
from portal import demo
from portal.accounts.models import User
from portal.letters import actions as letters
from portal.library.actions import add_attachment, add_image
from portal.library.models import Image
from portal.library.withdrawal import withdraw
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.content import upgrade_content
from portal.publishing.states import ChangeKind, State
from portal.sample.loader import REVIEWERS
from tests import bulk
from tests.library.sample_files import PDF, as_upload, encode_image, make_image, make_office_file

#: The slug of a column whose list has ``PAGES`` pages; words in the titles of an article that has
#: every element that an article can have, and of one whose files were withdrawn.
MANY = "proof-many"
EVERYTHING = "proof-everything"
WITHDRAWN_FILES = "proof-withdrawn-files"
PAGES = 7

#: Content that could overflow narrow pages: a long word, a long URL, a wide table.
WORD = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
ADDRESS = "https://www.example.org/" + "very/long/way/" * 12 + "?page=1&sort=newest&with=everything"
WIDE = "".join(f"<td>第{number}项统计指标的完整名称</td>" for number in range(1, 13))
BODY = f"""
<h2>一、各级标题</h2><h3>（一）第二级</h3><h4>1. 第三级</h4>
<p>一段文字，要在最窄的屏幕上也好好断行：“引号”、（括号）和——破折号都不出现在行首。{WORD}</p>
<p><a href="{ADDRESS}">{ADDRESS}</a>，
<strong>粗体</strong>、<em>斜体</em>、<sup>上标</sup>、<sub>下标</sub>。</p>
<blockquote><p>引文一段：{"公正与效率。" * 12}</p></blockquote>
<ol><li>第一<ol><li>其下第一{WORD}</li></ol></li><li>第二</li></ol>
<ul><li>甲<ul><li>乙</li></ul></li></ul>
<table><caption>一张比屏幕宽的表</caption><thead><tr>{WIDE.replace("td>", "th>")}</tr></thead>
<tbody><tr>{WIDE}</tr><tr>{WIDE}</tr></tbody></table>
<hr>
"""


@transaction.atomic
def load() -> None:
    people = demo.make_accounts()
    news = Column.objects.get(slug="court-news")
    long = "一个名称很长、消息很多的栏目"
    many = Column.objects.create(name=long, slug=MANY, parent=news.parent, position=99)
    _many(many, people["publisher"])
    _everything(news, people)
    _withdrawn_files(news, people)
    _letter(people["siteadmin"])


def _many(column: Column, by: User) -> None:
    """Create so many articles in a column that the pager of its list has a gap.

    The caller must rebuild the search index.
    """
    plan = (_planned(column, number) for number in range((PAGES - 1) * PER_PAGE + 1))
    bulk.write(plan, by=by, topic=None)


def _planned(column: Column, number: int) -> bulk.Planned:
    at = timezone.now() - timedelta(days=1000 + number)
    title = f"第{number + 1}条示范消息"
    article = Article(
        state=State.LIVE,
        column=column,
        section=column.parent or column,
        working_column=column,
        title=title,
        working_title=title,
        body="<p>正文。</p>",
        source="本院",
        published_at=at,
        published_on=timezone.localdate(at),
        released_at=at,
    )
    return bulk.Planned(article, None, corrected=False, related=None, in_topic=False)


def _everything(column: Column, people: dict[str, User]) -> None:
    editor = people["editor"]
    papers = [
        (ContentFile(PDF, name="年度报告.pdf"), f"年度报告{WORD}"),
        (ContentFile(make_office_file("docx"), name="表格.docx"), "申请表"),
        (ContentFile(make_office_file("xlsx"), name="数据.xlsx"), "数据表"),
    ]
    pictures = [
        {"image": image.pk, "alt": "示例图片", "caption": "图片说明" * 12, "credit": "本院"}
        | {"focal_x": 50, "focal_y": 50}
        for image in Image.objects.order_by("pk")[:3]
    ]
    linked = Article.objects.public().order_by("pk")[:3]
    content = _content(
        column,
        pictures=pictures,
        files=[
            {"attachment": add_attachment(file=file, by=editor).pk, "title": title}
            for file, title in papers
        ],
        references=[
            {"role": "related", "type": Article._meta.label_lower, "id": each.pk} for each in linked
        ],
        kicker="引题：" + "一句不短的引题",
        title="一个样样都有的页面：题目长得要折成几行，" * 2 + EVERYTHING,
        subtitle="副题：" + "一句更长的副题，" * 4,
        summary="摘要。" * 20,
        source="某某日报社某某记者站",
        source_url=ADDRESS,
        author="某某、某某某",
        responsible_editor="某某某",
        keywords="关键词一，关键词二，" + WORD[:80],
        body=BODY,
    )
    article = actions.import_released(
        obj=Article(),
        content=content,
        by=people["publisher"],
        published_at=timezone.now() - timedelta(days=2000),
    )
    topic = Topic.objects.create(name="示范专题", slug="proof-topic")
    TopicEntry.objects.create(topic=topic, article=article)
    _correct(article, people)


def _withdrawn_files(column: Column, people: dict[str, User]) -> None:
    """Release an article with a picture and an attachment, and withdraw both."""
    editor, publisher = people["editor"], people["publisher"]
    drawing = encode_image(make_image(width=90), "PNG")
    image = add_image(file=as_upload(drawing, "示意图.png"), by=editor, title="示意图")
    paper = add_attachment(
        file=as_upload(make_office_file("docx", more="撤"), "名单.docx"), by=editor
    )
    content = _content(
        column,
        pictures=[
            {"image": image.pk, "alt": "示意图", "caption": "", "credit": ""}
            | {"focal_x": 50, "focal_y": 50}
        ],
        files=[{"attachment": paper.pk, "title": "名单"}],
        title=f"图片和附件已撤下的消息 {WITHDRAWN_FILES}",
        source="本院",
        body="<p>图片和附件的位置写明了原因。</p>",
    )
    actions.import_released(
        obj=Article(),
        content=content,
        by=publisher,
        published_at=timezone.now() - timedelta(days=2001),
    )
    withdraw(media_file=image, by=publisher, reason="图片有误，已撤下。")
    withdraw(media_file=paper, by=publisher, reason="附件含有个人信息，已撤下。")


def _correct(article: Article, people: dict[str, User]) -> None:
    """Release a correction of substance of the article, with a long public note."""
    editor = people["editor"]
    content = article.newest_revision.content  # type: ignore[union-attr]
    fields = {**content["fields"], "author": "某某某"}
    revision = actions.save(
        obj=article,
        content={**content, "fields": fields},
        by=editor,
        token=VersionToken.of(article),
    ).revision
    actions.correct(
        obj=article,
        by=editor,
        kind=ChangeKind.SUBSTANCE,
        public_note="作者的姓名有误，现予更正。" * 3,
        token=VersionToken.of(article),
    )
    revision.refresh_from_db()
    revision = actions.submit(revision=revision, by=editor, digest=revision.digest)
    for reviewer in REVIEWERS[revision.steps_required]:
        revision = actions.approve(
            revision=revision,
            by=people[reviewer],
            digest=revision.digest,
            reviewed=True,
            proofread=True,
        )
    actions.release(revision=revision, by=people["publisher"], digest=revision.digest)


def _letter(by: User) -> None:
    """Create a letter and answer it."""
    written = {
        "kind": "question",
        "page": "",
        "text": "来信。",
        "name": "",
        "phone": "",
        "email": "",
    }
    letter = letters.receive(digest="0" * 64, written=written)
    letters.answer(letter=letter, by=by, version=letter.version, answer="答复一段。\n\n" * 3)


def _content(column: Column, **fields: Any) -> dict[str, Any]:
    rows = {part: fields.pop(part, []) for part in ("pictures", "files", "references")}
    fields = {"column": column.pk, "body": "<p>正文。</p>", **fields}
    return upgrade_content(Article, {"fields": fields, **rows})
