"""Scripts that are entered in any field must be shown as text on every page."""

import pytest
from django.test import Client
from django.urls import reverse

from news.models import Article
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState
from tests import factories
from tests.factories import Newsroom
from tests.publishing.article_forms import admin_url, signed_in
from tests.publishing.page_forms import form_data

pytestmark = pytest.mark.django_db


SCRIPT = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>&amp;"
BAD_BODY = (
    '<p onclick="alert(3)">好<script>alert(4)</script><img src=x onerror=alert(5)>'
    '<a href="javascript:alert(6)">链</a><iframe src="//a.example"></iframe><svg onload=alert(7)>'
    "<style>p{}</style></p>"
)


def test_script_in_any_field_is_never_executable(editor_client: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor, title=SCRIPT, alt=SCRIPT, credit=SCRIPT)
    limited = {"responsible_editor": SCRIPT[:40], "source": SCRIPT[:80], "author": SCRIPT[:80]}
    data = dict.fromkeys(("title", "kicker", "subtitle", "summary", "keywords"), SCRIPT)
    row = {
        "pictures-TOTAL_FORMS": "1",
        "pictures-0-image": str(image.pk),
        "pictures-0-alt": SCRIPT,
        "pictures-0-caption": SCRIPT,
        "pictures-0-credit": SCRIPT,
        "pictures-0-focal_x": "50",
        "pictures-0-focal_y": "50",
    }
    url = admin_url("add")
    column = {"column": str(newsroom.column.pk)}
    form = form_data(
        editor_client.get(url), **data, **limited, **row, **column, body=BAD_BODY, _submit="1"
    )
    assert editor_client.post(url, form).status_code == 302
    revision = Revision.objects.get()
    assert revision.state == RevisionState.IN_REVIEW
    assert revision.content["fields"]["title"] == SCRIPT
    body = revision.content["fields"]["body"]
    assert "好" in body
    assert not [each for each in ("alert", "script", "iframe", "svg", "onclick") if each in body]
    article = revision.target
    reviewer = signed_in(newsroom.reviewer1)
    returned = {"digest": revision.digest, "comment": SCRIPT}
    assert reviewer.post(admin_url("do", article.pk, "return"), returned).status_code == 302
    pages = [editor_client.get(url) for url in admin_pages(article)]
    revision = newsroom.approve(newsroom.submit(Revision.objects.get()))
    article = newsroom.release(revision)
    pages += [editor_client.get(url) for url in admin_pages(article)]
    public = ["/", "/news/", f"/news/{newsroom.column.slug}/", f"/news/{article.pk}/"]
    pages += [Client().get(url) for url in public]
    newsroom.save(article, title=SCRIPT + "改", body=BAD_BODY + "<p>改</p>")
    pages += [editor_client.get(url) for url in admin_pages(article)]
    publisher = signed_in(newsroom.publisher)
    reason = {"reason": SCRIPT}
    assert publisher.post(admin_url("do", article.pk, "withdraw"), reason).status_code == 302
    pages += [publisher.get(url) for url in admin_pages(article)]
    pages += [Client().get(f"/news/{article.pk}/"), Client().get("/corrections/")]
    for page in pages:
        text = page.content.decode()
        assert page.status_code in {200, 410}
        for bad in ("<script>alert", "<img src=x", "<svg onload", "onclick=", "<b>&"):
            assert bad not in text, page.request["PATH_INFO"]


def admin_pages(article: Article) -> list[str]:
    names = ("change", "history", "difference", "approval-form", "preview", "preview-page")
    return [
        admin_url("changelist"),
        reverse("admin:index"),
        *(admin_url(name, article.pk) for name in names),
    ]
