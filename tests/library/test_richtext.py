"""Tests of rich text: extraction, rendering, the form field and the template tags."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.utils import timezone

from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.library import file_urls, richtext
from portal.library.actions import add_image, set_hidden
from portal.library.markup import parse
from portal.library.models import Image
from portal.library.withdrawal import withdraw
from tests.factories import user

from .sample_files import as_upload, encode_image, make_image


def test_content_of_stored_html() -> None:
    body = (
        '<p>一<img data-image="5" alt=""></p><figure class="image"><img data-image="3" alt="x">'
        '<figcaption>说明</figcaption></figure><p><img data-image="5" alt="y"></p>'
        "<table><tbody><tr><td>甲</td><td>乙</td></tr></tbody></table><p>a<br>b &amp; c</p>"
    )
    assert richtext.image_ids(body) == [5, 3]
    assert richtext.missing_alt(body) == [5]
    assert richtext.plain_text(body) == "一\n说明\n甲\n乙\na\nb & c"
    assert richtext.image_ids("") == richtext.missing_alt("") == []


@pytest.fixture
def editor(db: None) -> User:
    return user(Role.EDITOR)


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image(make_image(1700, 850))), by=editor)


def sample_body(image: Image) -> str:
    return f'<p>a</p>\n<p><img data-image="{image.pk}" alt="一&quot;幅"></p>'


def test_image_is_rendered_with_its_renditions(image: Image) -> None:
    html = richtext.render(sample_body(image))
    name = f"/media/i/{image.digest[:2]}/{image.digest}"
    assert html.startswith('<p>a</p>\n<figure class="image"><picture><source type="image/avif"')
    assert [
        source.attrs.get("type") for source in parse(html).walk() if source.tag == "source"
    ] == [
        "image/avif",
        "image/webp",
    ]
    img = next(each for each in parse(html).walk() if each.tag == "img")
    assert img.attrs == {
        "src": f"{name}-1600.jpg",
        "srcset": ", ".join(f"{name}-{width}.jpg {width}w" for width in (320, 560, 720, 960, 1600)),
        "sizes": "(min-width: 48em) 684px, 92vw",
        "width": "1600",
        "height": "800",
        "alt": '一"幅',
        "loading": "lazy",
        "decoding": "async",
    }


def test_rendering_needs_one_query_for_all_images(
    editor: User, image: Image, django_assert_num_queries
) -> None:
    more = [
        add_image(file=as_upload(encode_image(make_image(50 + n, 20))), by=editor) for n in range(3)
    ]
    with django_assert_num_queries(1):
        html = richtext.render("".join(sample_body(each) for each in [image, *more]))
    assert html.count("<picture>") == 4
    with django_assert_num_queries(0):
        richtext.render("<p>a</p>")


def test_private_rendering_uses_signed_urls(image: Image) -> None:
    html = richtext.render(sample_body(image), private=True)
    assert "/media/" not in html
    addresses = re.findall(r"/admin/library-files/private/([^ \"]+)/[ \"]", html)
    assert {file_urls.verify_signed_name(address) for address in addresses} == set(
        image.public_file_names
    )


def body_with(image_id: int) -> str:
    picture = f'<img data-image="{image_id}" alt="x">'
    return (
        f'<p>{picture}</p><p><a href="/news/1/">{picture}</a></p>'
        f'<figure class="image">{picture}<figcaption>说明</figcaption></figure>'
        f"<p>文{picture}字</p>"
    )


def test_missing_images_are_left_out(image: Image) -> None:
    assert richtext.render(body_with(image.pk + 1)) == "<p>文字</p>"


def test_a_hidden_image_stays_in_a_text(image: Image, editor: User) -> None:
    before = richtext.render(body_with(image.pk))
    set_hidden(media_file=image, hidden=True, by=editor)
    assert richtext.render(body_with(image.pk)) == before
    assert before.count("<picture>") == 4


def test_a_notice_replaces_a_withdrawn_image(image: Image) -> None:
    withdraw(media_file=image, by=user(Role.PUBLISHER), reason="<i>侵权</i>")
    html = richtext.render(body_with(image.pk))
    assert html.count('<span class="media-notice">') == 4
    assert html.count("&lt;i&gt;侵权&lt;/i&gt;") == 4
    assert "说明" not in html
    assert image.digest not in html
    assert "<p>文<span" in html


def test_external_links_are_marked() -> None:
    stored = (
        '<p><a href="https://a.cn/" rel="noopener">a</a><a href="/news/1/">b</a>'
        '<a href="https://own.gov.cn/x" rel="noopener">c</a></p>'
    )
    html = richtext.render(stored, own_host="own.gov.cn")
    found = [each for each in parse(html).walk() if each.tag == "a"]
    assert [each.classes for each in found] == [["external"], [], []]
    assert [len(each.children) for each in found] == [2, 1, 1]
    assert found[0].attrs["rel"] == "noopener"


def test_stored_html_survives_the_editor(image: Image) -> None:
    stored = (
        f'<figure class="image align-center w-50"><img data-image="{image.pk}" alt="a">'
        "<figcaption>说明</figcaption></figure>\n"
        f'<p class="align-center"><img data-image="{image.pk}" alt="b" class="w-25"></p>\n'
        f'<p>一<img data-image="{image.pk + 9}" alt="gone" class="align-left"></p>'
    )
    edited = richtext.to_editor_html(stored)
    assert "data-image" not in edited
    assert edited.startswith(
        '<div class="align-center"><figure class="image w-50"><img alt="a" src='
    )
    assert richtext.clean(edited) == stored


def test_image_copied_from_a_public_page_is_recognised(image: Image) -> None:
    address = f"https://court.gov.cn/media/{image.public_file_names[-1]}"
    assert richtext.clean(f'<p><img src="{address}" alt="x"></p>') == (
        f'<p><img data-image="{image.pk}" alt="x"></p>'
    )
    gone = address.replace(image.digest, "0" * 64)
    assert richtext.clean(f'<p>a<img src="{gone}"></p>') == "<p>a</p>"


def test_form_field_cleans_input_and_output(image: Image) -> None:
    field = Article._meta.get_field("body").formfield()
    assert isinstance(field, richtext.RichTextFormField)
    assert field.clean("<h1>a</h1><script>x</script>") == "<h2>a</h2>"
    assert not field.has_changed(sample_body(image), richtext.to_editor_html(sample_body(image)))
    assert field.has_changed(sample_body(image), "<p>b</p>")
    html = field.widget.render("body", "<p onclick=x>a</p><script>alert(1)</script>", {"id": "b"})
    assert "alert" not in html
    assert "onclick" not in html


def rendered(template: str, **context: object) -> str:
    return Template("{% load library %}" + template).render(Context(context))


def test_picture_tag(image: Image) -> None:
    image.alt, image.focal_x, image.focal_y = "馆藏", 12, 96
    template = '{% picture i alt=i.alt sizes="50vw" focal_x=i.focal_x focal_y=i.focal_y %}'
    html = rendered(template, i=image)
    assert 'alt="馆藏"' in html
    assert 'class="focal-x-10 focal-y-100"' in html
    assert html.count('sizes="50vw"') == 3
    html = rendered('{% picture i alt="" focal_x=50 focal_y=0 eager=True %}', i=image)
    assert 'alt=""' in html
    assert 'class="focal-x-50 focal-y-0"' in html
    assert "lazy" not in html
    assert "/media/" in html
    assert "style=" not in html


def test_tags_render_nothing_for_withdrawn_or_missing_images(image: Image) -> None:
    image.withdrawn_at = timezone.now()
    template = (
        "{% picture i alt='x' %}{% largest_picture i as large %}{{ large.src }}"
        "{% picture none alt='x' %}"
    )
    assert rendered(template, i=image) == ""


def test_preview_uses_signed_urls(image: Image) -> None:
    largest = "{% largest_picture i as p %}{{ p.src }}"
    for template in ("{% picture i alt='x' %}", largest, "{% richtext body %}"):
        assert "/media/" in rendered(template, i=image, body=sample_body(image))
        html = rendered(template, i=image, body=sample_body(image), preview=True)
        assert "/media/" not in html
        assert "/admin/library-files/private/" in html
