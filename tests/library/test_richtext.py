"""What is stored of what was typed or pasted, and what readers get of what is stored."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.library import links, richtext
from portal.library.actions import add_image, set_hidden
from portal.library.markup import parse, words
from portal.library.models import Image
from tests.factories import user

from .sample_files import as_upload, encode_image, make_image

SIGNED = "/admin/library-files/private/7:i/ab/x.webp:1aaaaa:sig/"


# --- pasted --------------------------------------------------------------------------------------

CASES = {
    "word paragraph": (
        "<!--[if gte mso 9]><xml><w:WordDocument>x</w:WordDocument></xml><![endif]-->"
        '<style>p{color:red}</style><p class=MsoNormal style="text-indent:24.0pt;mso-char-indent-'
        'count:2.0"><span style="font-size:12pt;font-family:宋体">　　本院<o:p></o:p></span></p>',
        "<p>本院</p>",
    ),
    "lines broken in Chinese": (
        "<p>梨树区\n  人民法院 court\nportal</p>",
        "<p>梨树区人民法院 court portal</p>",
    ),
    "empty paragraphs": ("<p>&nbsp;</p><p><br></p><p>　</p><p>a</p><p><b> </b></p>", "<p>a</p>"),
    "indents by blanks": ("<p>&nbsp;&nbsp;　　a&nbsp;b</p>", "<p>a&nbsp;b</p>"),
    "indent inside bold": ("<p><b>　　a</b>b</p>", "<p><strong>a</strong>b</p>"),
    "headings": (
        "<h1>一</h1><h2>二</h2><h3>三</h3><h5>四</h5><p class=MsoHeading1>五</p>"
        '<p class="Heading3">六</p><p style="mso-outline-level:2">七</p>',
        "<h2>一</h2>\n<h2>二</h2>\n<h3>三</h3>\n<h4>四</h4>\n<h2>五</h2>\n<h3>六</h3>\n<h2>七</h2>",
    ),
    "word lists": (
        '<p class=MsoListParagraph style="mso-list:l0 level1 lfo1"><![if !supportLists]><span '
        'style="mso-list:Ignore">1.<span>&nbsp;&nbsp;</span></span><![endif]>一</p>'
        '<p style="mso-list:l0 level2 lfo1"><span style="mso-list:Ignore">·</span>子</p>'
        '<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">2.</span>二</p>',
        "<ol><li>一<ul><li>子</li></ul></li><li>二</li></ol>",
    ),
    "official numbering is text": (
        '<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">一、</span>总则</p>',
        "<p>一、总则</p>",
    ),
    "wechat sections": (
        '<section style="text-align:center"><section><span style="font-weight:bold">标题</span>'
        "</section></section><section><p>正文</p></section>",
        '<p class="align-center"><strong>标题</strong></p>\n<p>正文</p>',
    ),
    "two line breaks": ("<div>一<br><br>二<br>三</div>", "<p>一</p>\n<p>二<br>三</p>"),
    "bare text": ("一<p>二</p>三", "<p>一</p>\n<p>二</p>\n<p>三</p>"),
    "alignment": (
        '<p align=center>a</p><p style="text-align:right">b</p><p style="text-align: justify">c</p>'
        "<center>d</center>",
        '<p class="align-center">a</p>\n<p class="align-right">b</p>\n'
        '<p class="align-justify">c</p>\n<p class="align-center">d</p>',
    ),
    "indent": (
        '<p style="margin-left:60pt">a</p><p class="indent-1 x">b</p>',
        '<p class="indent-2">a</p>\n<p class="indent-1">b</p>',
    ),
    "formats by style": (
        '<p><span style="font-style:italic;text-decoration:underline">a</span><font color=red>b'
        '</font><b style="font-weight:normal">c</b><span style="vertical-align:super">2</span></p>',
        "<p><em><u>a</u></em>bc<sup>2</sup></p>",
    ),
    "words cut to pieces": ("<p><b>本</b><b>院</b></p>", "<p><strong>本院</strong></p>"),
    "table": (
        '<table border=1 style="width:100%"><colgroup><col></colgroup><tr><td colspan=2 rowspan=1 '
        'style="mso-x:1;text-align:center"><p class=MsoNormal>甲<o:p></o:p></p></td></tr><tr><td>'
        "</td><td><p>一</p><p>二</p></td></tr></table>",
        '<table><tbody><tr><td colspan="2" class="align-center">甲</td></tr><tr><td></td><td>'
        "<p>一</p><p>二</p></td></tr></tbody></table>",
    ),
    "table with head and caption": (
        "<table><caption><p>表一</p></caption><thead><tr><th scope=col>a</th></tr></thead>"
        "<tbody><tr><td>1</td></tr></tbody></table>",
        '<table><caption>表一</caption><thead><tr><th scope="col">a</th></tr></thead><tbody><tr>'
        "<td>1</td></tr></tbody></table>",
    ),
    "list in a list": (
        "<ul><li>a</li><ul><li>b</li></ul></ul>",
        "<ul><li>a<ul><li>b</li></ul></li></ul>",
    ),
    "picture by number": (
        '<p><img data-image="12" alt=" 一 幅 "></p>',
        '<p><img data-image="12" alt="一 幅"></p>',
    ),
    "picture by its signed address": (
        f'<p><img src="{SIGNED}" width=900 height=600 data-image=3></p>',
        '<p><img data-image="7" alt=""></p>',
    ),
    "pictures from elsewhere": (
        '<p>a<img src="https://mmbiz.qpic.cn/x.png" data-image=3>'
        '<img src="data:image/png;base64,AA">'
        '<img src="file:///C:/x.png"><img data-image="x"><img data-image="0"></p>',
        "<p>a</p>",
    ),
    "figure": (
        '<figure class="image w-50 x"><img data-image="1" alt="b" class="y">'
        "<figcaption>c</figcaption>"
        "</figure>",
        '<figure class="image w-50"><img data-image="1" alt="b">'
        "<figcaption>c</figcaption></figure>",
    ),
    "centred figure": (
        '<div class="align-center"><figure class="image"><img data-image="1" alt=""><figcaption>c'
        "</figcaption></figure></div>",
        '<figure class="image align-center"><img data-image="1" alt=""><figcaption>c</figcaption>'
        "</figure>",
    ),
    "figure without a caption": (
        '<figure class="image align-center w-25"><img data-image="1" alt="b">'
        "<figcaption> </figcaption>"
        "</figure>",
        '<p class="align-center"><img data-image="1" alt="b" class="w-25"></p>',
    ),
    "figure without a picture": ("<figure><figcaption>c</figcaption></figure>", "<p>c</p>"),
    "picture's size": (
        '<p><img data-image="1" alt="" style="width:52%;float:right"></p>',
        '<p><img data-image="1" alt="" class="align-right w-50"></p>',
    ),
    "links": (
        '<p><a href="https://court.gov.cn/a?b=1&amp;c=2" target=_blank rel="opener" class=x>a</a>'
        '<a href="/news/1/" title="t">b</a><a href="mailto:a@b.cn">c</a></p>',
        '<p><a href="https://court.gov.cn/a?b=1&amp;c=2" rel="noopener">a</a>'
        '<a href="/news/1/" title="t">b</a><a href="mailto:a@b.cn">c</a></p>',
    ),
    "links that lead nowhere good": (
        "".join(
            f'<a href="{address}">{n}</a>'
            for n, address in enumerate(
                [
                    "javascript:alert(1)",
                    " jav&#x09;ascript:alert(1)",
                    "data:text/html,x",
                    "//evil.cn/x",
                    "/\\evil.cn",
                    "\\\\evil.cn",
                    "http://court.gov.cn@evil.cn/",
                    "http:///x",
                    "http://[x",
                    "tel:110",
                    "ftp://x/",
                    "#top",
                    "page.html",
                    "",
                    SIGNED,
                ]
            )
        ),
        "<p>" + "".join(map(str, range(15))) + "</p>",
    ),
}


@pytest.mark.parametrize(("pasted", "stored"), CASES.values(), ids=CASES)
def test_canonical_form(pasted: str, stored: str) -> None:
    assert richtext.clean(pasted) == stored
    assert richtext.clean(stored) == stored


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<table><td background='javascript:alert(1)'>x",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div data-image='1' onclick='alert(1)'>x</div>",
    "<form action=/admin/><input name=x><button>x</button></form>",
    "<base href=//evil.cn><link rel=stylesheet href=//evil.cn><meta http-equiv=refresh>",
    "<img data-image='1' alt='\"><script>alert(1)</script>'>",
    "<p title='&lt;script&gt;'>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "<<script>script>alert(1)<</script>/script>",
    "\0<scr\0ipt>alert(1)</scr\0ipt>",
    "<template><script>alert(1)</script></template>",
]

ALLOWED_TAGS = words(
    "p h2 h3 h4 ul ol li blockquote table caption thead tbody tfoot tr th td figure figcaption img "
    "br hr strong em u s sub sup a"
)
ALLOWED_ATTRIBUTES = {
    *("class", "href", "title", "rel", "data-image", "alt", "start", "colspan", "rowspan", "scope")
}
ALLOWED_CLASSES = {
    *("image", "align-left", "align-center", "align-right", "align-justify"),
    *("indent-1", "indent-2", "indent-3", "w-25", "w-50", "w-75"),
}


def assert_canonical(html: str) -> None:
    root = parse(html)
    for element in root.walk():
        assert element.tag in ALLOWED_TAGS, html
        assert set(element.attrs) <= ALLOWED_ATTRIBUTES, html
        assert set(element.classes) <= ALLOWED_CLASSES, html
        if element.tag == "a":
            assert re.match(r"https?://[^/]|mailto:|/(?![/\\])", element.attrs["href"]), html
    assert {child for child in root.children if isinstance(child, str)} <= {"\n"}, html


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(attack: str) -> None:
    cleaned = richtext.clean(f"<p>a</p>{attack}<p>b</p>")
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned


@pytest.mark.parametrize("tag", ["div", "b", "x", "blockquote", "ul><li", "table><tr><td"])
def test_depth_costs_nothing(tag: str) -> None:
    """A hundred levels are read; a hundred thousand would keep a parser busy for minutes."""
    for depth in (100, 400, 100_000):
        assert richtext.plain_text(richtext.clean(f"<{tag}>" * depth + "a")) == "a"


def test_unclosed_tags_are_no_depth() -> None:
    assert richtext.clean("<p>a<br>" * 2000) == "\n".join(["<p>a</p>"] * 2000)


_TAGS = st.sampled_from(
    sorted(
        words(
            "p div section h1 h3 ul ol li table tr td th caption blockquote figure figcaption b i "
            "u span "
            "font a br hr img pre center o:p script svg"
        )
    )
)
_ATTRIBUTES = st.sampled_from(
    [
        "",
        'class="image"',
        'class="align-center w-50 x"',
        'class="MsoHeading2"',
        'style="text-align:center;margin-left:21pt"',
        'style="font-weight:bold"',
        'style="font-weight:normal"',
        'style="mso-list:l0 level1 lfo1"',
        'style="mso-list:l0 level2 lfo1"',
        'style="mso-list:Ignore"',
        'style="width:50%;float:left"',
        'href="http://x.cn/"',
        'href="/news/1/"',
        'href="javascript:x"',
        'data-image="3"',
        f'src="{SIGNED}"',
        'alt="q&quot;&lt;"',
        'colspan="2"',
        'start="3"',
        "onclick=x",
    ]
)
_TEXTS = st.sampled_from(["a", "中文", " ", "\n", "&nbsp;", "　　", "x<y", "&lt;b&gt;", "1.", "·"])


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inside = st.lists(children, max_size=4).map("".join)
    whole = st.builds("<{0} {1} {2}>{3}</{0}>".format, _TAGS, _ATTRIBUTES, _ATTRIBUTES, inside)
    return whole | st.builds("<{0} {1}>{2}".format, _TAGS, _ATTRIBUTES, inside)


@given(st.lists(st.recursive(_TEXTS, _element, max_leaves=25), max_size=4).map("".join))
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    cleaned = richtext.clean(html)
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned


@given(st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    cleaned = richtext.clean(text)
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned


# --- read ----------------------------------------------------------------------------------------


def test_what_a_body_holds() -> None:
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


def body(image: Image) -> str:
    return f'<p>a</p>\n<p><img data-image="{image.pk}" alt="一&quot;幅"></p>'


def test_render(image: Image) -> None:
    html = richtext.render(body(image))
    name = f"/media/i/{image.digest[:2]}/{image.digest}"
    assert html.startswith('<p>a</p>\n<figure class="image"><picture><source type="image/avif"')
    assert [
        source.attrs.get("type") for source in parse(html).walk() if source.tag == "source"
    ] == [
        "image/avif",
        "image/webp",
    ]
    shown = next(each for each in parse(html).walk() if each.tag == "img")
    assert shown.attrs == {
        "src": f"{name}-1600.jpg",
        "srcset": ", ".join(f"{name}-{width}.jpg {width}w" for width in (320, 560, 720, 960, 1600)),
        "sizes": "(min-width: 48em) 684px, 92vw",
        "width": "1600",
        "height": "800",
        "alt": '一"幅',
        "loading": "lazy",
        "decoding": "async",
    }


def test_one_query_for_all_pictures(editor: User, image: Image, django_assert_num_queries) -> None:
    more = [
        add_image(file=as_upload(encode_image(make_image(50 + n, 20))), by=editor) for n in range(3)
    ]
    with django_assert_num_queries(1):
        html = richtext.render("".join(body(each) for each in [image, *more]))
    assert html.count("<picture>") == 4
    with django_assert_num_queries(0):
        richtext.render("<p>a</p>")


def test_private_addresses_are_signed(image: Image) -> None:
    html = richtext.render(body(image), private=True)
    assert "/media/" not in html
    addresses = re.findall(r"/admin/library-files/private/([^ \"]+)/[ \"]", html)
    assert {links.opened(address) for address in addresses} == set(image.public_file_names)


@pytest.mark.parametrize("how", ["hidden", "gone"])
def test_dead_pictures_leave_nothing_behind(how: str, image: Image, editor: User) -> None:
    if how == "hidden":
        set_hidden(media_file=image, hidden=True, by=editor)
        number = image.pk
    else:
        number = image.pk + 1
    picture = f'<img data-image="{number}" alt="x">'
    dead = (
        f'<p>{picture}</p><p><a href="/news/1/">{picture}</a></p>'
        f'<figure class="image">{picture}<figcaption>说明</figcaption></figure>'
        f"<p>文{picture}字</p>"
    )
    assert richtext.render(dead) == "<p>文字</p>"
    assert richtext.dead_images(dead) == [number]


def test_links_to_other_sites_say_so() -> None:
    stored = (
        '<p><a href="https://a.cn/" rel="noopener">a</a><a href="/news/1/">b</a>'
        '<a href="https://own.gov.cn/x" rel="noopener">c</a></p>'
    )
    html = richtext.render(stored, own_host="own.gov.cn")
    found = [each for each in parse(html).walk() if each.tag == "a"]
    assert [each.classes for each in found] == [["external"], [], []]
    assert [len(each.children) for each in found] == [2, 1, 1]
    assert found[0].attrs["rel"] == "noopener"


# --- edited --------------------------------------------------------------------------------------


def test_from_the_store_to_the_editor_and_back(image: Image) -> None:
    stored = (
        f'<figure class="image align-center w-50"><img data-image="{image.pk}" alt="a">'
        "<figcaption>说明</figcaption></figure>\n"
        f'<p class="align-center"><img data-image="{image.pk}" alt="b" class="w-25"></p>\n'
        f'<p>一<img data-image="{image.pk + 9}" alt="gone" class="align-left"></p>'
    )
    edited = richtext.editable(stored)
    assert "data-image" not in edited
    assert edited.startswith(
        '<div class="align-center"><figure class="image w-50"><img alt="a" src='
    )
    assert richtext.clean(edited) == stored


def test_a_picture_copied_from_a_public_page(image: Image) -> None:
    address = f"https://court.gov.cn/media/{image.public_file_names[-1]}"
    assert richtext.clean(f'<p><img src="{address}" alt="x"></p>') == (
        f'<p><img data-image="{image.pk}" alt="x"></p>'
    )
    gone = address.replace(image.digest, "0" * 64)
    assert richtext.clean(f'<p>a<img src="{gone}"></p>') == "<p>a</p>"


def test_the_form_field_cleans_both_ways(image: Image) -> None:
    field = Article._meta.get_field("body").formfield()
    assert isinstance(field, richtext.RichTextFormField)
    assert field.clean("<h1>a</h1><script>x</script>") == "<h2>a</h2>"
    assert not field.has_changed(body(image), richtext.editable(body(image)))
    assert field.has_changed(body(image), "<p>b</p>")
    shown = field.widget.render("body", "<p onclick=x>a</p><script>alert(1)</script>", {"id": "b"})
    assert "alert" not in shown
    assert "onclick" not in shown


# --- templates -----------------------------------------------------------------------------------


def rendered(template: str, **context: object) -> str:
    return Template("{% load library %}" + template).render(Context(context))


def test_the_picture_tag(image: Image) -> None:
    image.alt, image.focal_x, image.focal_y = "馆藏", 12, 96
    html = rendered('{% picture i sizes="50vw" %}', i=image)
    assert 'alt="馆藏"' in html
    assert 'class="focal-x-10 focal-y-100"' in html
    assert html.count('sizes="50vw"') == 3
    html = rendered('{% picture i alt="" focal_x=50 focal_y=0 eager=True %}', i=image)
    assert 'alt=""' in html
    assert 'class="focal-x-50 focal-y-0"' in html
    assert "lazy" not in html
    assert "/media/" in html
    assert "style=" not in html


def test_tags_show_nothing_for_what_is_not_there(image: Image) -> None:
    image.hidden = True
    template = "{% picture i %}{% largest_picture i as large %}{{ large.src }}{% picture none %}"
    assert rendered(template, i=image) == ""


def test_preview_uses_signed_addresses(image: Image) -> None:
    largest = "{% largest_picture i as p %}{{ p.src }}"
    for template in ("{% picture i %}", largest, "{% richtext body %}"):
        assert "/media/" in rendered(template, i=image, body=body(image))
        shown = rendered(template, i=image, body=body(image), preview=True)
        assert "/media/" not in shown
        assert "/admin/library-files/private/" in shown
