"""Tests of the cleaning of rich text that was typed, pasted or imported."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.library import richtext
from portal.library.markup import parse, tag_names

SIGNED = "/admin/library-files/private/7:i/ab/x.webp:1aaaaa:sig/"


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
    "words split into pieces": ("<p><b>本</b><b>院</b></p>", "<p><strong>本院</strong></p>"),
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
    "image by id": (
        '<p><img data-image="12" alt=" 一 幅 "></p>',
        '<p><img data-image="12" alt="一 幅"></p>',
    ),
    "image by its signed URL": (
        f'<p><img src="{SIGNED}" width=900 height=600 data-image=3></p>',
        '<p><img data-image="7" alt=""></p>',
    ),
    "images from elsewhere": (
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
    "figure without an image": ("<figure><figcaption>c</figcaption></figure>", "<p>c</p>"),
    "width of an image": (
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
                    "tel:abc",
                    "ftp://x/",
                    "#",
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
def test_html_is_cleaned_to_canonical_form(pasted: str, stored: str) -> None:
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

ALLOWED_TAGS = tag_names(
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
            assert re.match(r"https?://[^/]|mailto:|tel:|#|/(?![/\\])", element.attrs["href"]), html
    assert {child for child in root.children if isinstance(child, str)} <= {"\n"}, html


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_removed(attack: str) -> None:
    cleaned = richtext.clean(f"<p>a</p>{attack}<p>b</p>")
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned


@pytest.mark.parametrize("tag", ["div", "b", "x", "blockquote", "ul><li", "table><tr><td"])
def test_deeply_nested_html_is_cleaned_fast(tag: str) -> None:
    """HTML is parsed up to 500 levels; parsing a hundred thousand levels would take minutes."""
    for depth in (100, 400, 100_000):
        assert richtext.plain_text(richtext.clean(f"<{tag}>" * depth + "a")) == "a"


def test_unclosed_tags_do_not_count_as_nesting() -> None:
    assert richtext.clean("<p>a<br>" * 2000) == "\n".join(["<p>a</p>"] * 2000)


_TAGS = st.sampled_from(
    sorted(
        tag_names(
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
def test_cleaning_generated_html_is_idempotent(html: str) -> None:
    cleaned = richtext.clean(html)
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned


@given(st.text(max_size=200))
def test_cleaning_any_text_is_idempotent(text: str) -> None:
    cleaned = richtext.clean(text)
    assert_canonical(cleaned)
    assert richtext.clean(cleaned) == cleaned
