"""Costly HTML is refused with a sentence or is cheap; a canonical text is recognised."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from portal.accounts.roles import Role
from portal.library import cleaning, richtext
from portal.library.cleaning import canonical, limits, style_sheets
from portal.library.cleaning.limits import TooComplex
from tests.factories import user

MANY = limits.MAX_ELEMENTS

TOO_COMPLEX = {
    "elements": "<b>a</b>" * (MANY + 1),
    "cells": "<table><tr>" + "<td>" * MANY,
    "attributes": "<p " + " ".join(f"a{number}" for number in range(201)) + ">a",
    "attributes with values": "<p " + "/".join(f"a{n}='>'" for n in range(201)) + ">a",
    "images": '<img src="/a">' * (limits.MAX_IMAGES + 1),
    "references": "&amp;" * (limits.MAX_REFERENCES + 1),
    "signs": "<" * (limits.MAX_REFERENCES + 1),
    "unclosed formats": "".join(f"<b class=a{n}>" for n in range(400)) + "<p>a" * 200,
    "unclosed link": f'<p><a href="http://x.cn/{"x" * 100_000}">' + "a<p>" * 50,
    "link around blocks": f'<a href="http://x.cn/{"x" * 100_000}">' + "<p>a</p>" * 50 + "</a>",
    "rules": "<style>" + ".a{top:0}" * (style_sheets.MAX_RULES + 1) + "</style><p>a",
    "selectors": "<style>" + "a," * style_sheets.MAX_RULES + "b{top:0}</style><p>a",
    "sheet": "<style>" + " " * (style_sheets.MAX_CHARACTERS + 1) + "</style><p>a",
    "rules for one class": "<style>"
    + "".join(f".x.a{number}{{top:0}}" for number in range(5000))
    + "</style>"
    + "".join(f'<p class="x y{number}">a</p>' for number in range(201)),
}

# Each of them took time that grew with the square of its length.
CHEAP = {
    "zeros of a length": f'<p style="height:{"0" * 500_000}x">a</p>',
    "zeros of a colour": f'<p style="color:rgba(0,{"0" * 500_000}">a</p>',
    "open comments of a style sheet": "<style>" + "/* " * 200_000 + "</style><p>a</p>",
    "line breaks": "<p>" + "<br>" * 5000 + "a</p>",
    "equal formats": "<p>" + "<u></u>" * 5000 + "a</p>",
    "open references": "<p>a</p>" + "<!--" * 100_000,
}


@pytest.mark.parametrize("html", TOO_COMPLEX.values(), ids=TOO_COMPLEX)
def test_expensive_html_is_refused_with_a_sentence(html: str) -> None:
    with pytest.raises(ValidationError) as refused:
        richtext.clean(html)
    assert refused.value.messages == [limits.TOO_COMPLEX]


@pytest.mark.parametrize("html", CHEAP.values(), ids=CHEAP)
def test_html_of_the_same_size_that_costs_little(html: str) -> None:
    assert richtext.clean(html) == "<p>a</p>"


def test_lengths_beyond_all_numbers() -> None:
    digits = "9" * 400
    assert richtext.clean(f'<p style="margin-left:{digits}px;width:{digits}%">a</p>') == (
        '<p class="indent-3">a</p>'
    )


def test_field_says_the_sentence_and_gives_the_text_back() -> None:
    field = richtext.RichTextFormField()
    html = TOO_COMPLEX["unclosed formats"]
    with pytest.raises(TooComplex):
        field.clean(html)
    assert field.has_changed("<p>a</p>", html)
    assert richtext.plain_text(richtext.to_editor_html(html)) == html


@pytest.mark.django_db
def test_a_paste_that_is_too_complex_is_refused() -> None:
    client = Client()
    client.force_login(user(Role.EDITOR))
    html = TOO_COMPLEX["unclosed formats"]
    response = client.post(reverse("library:clean-pasted"), {"html": html})
    assert response.status_code == 400
    assert "请分几次复制" in response.json()["error"]["message"]


RECOGNISED = [
    "<p>文字，有标点。</p>",
    '<p class="align-center">a<strong>b</strong>c<br>d</p>',
    '<h2>标题</h2>\n<p>a<a href="http://x.cn/" rel="noopener">b</a></p>',
    '<ol start="3"><li>a</li><li class="align-right">b</li></ol>',
    '<table><tbody><tr><th scope="row">a</th><td colspan="2"></td></tr></tbody></table>',
    "<p>a &amp; b &lt;c&gt;</p>",
]
CHANGED = [
    "<p> a</p>",
    "<p>a  b</p>",
    "<p>a</p>\n\n<p>b</p>",
    "<p>\N{IDEOGRAPHIC SPACE}a</p>",
    "<p>a&nbsp;</p>",
    "<p>a<br><br>b</p>",
    "<p><strong>a</strong><strong>b</strong></p>",
    "<p><strong> </strong>a</p>",
    "<p><em>a</strong></p>",
    '<p class="unknown">a</p>',
    '<p><a href="http://user@x.cn/">b</a></p>',
    "<p>a\N{ZERO WIDTH SPACE}b</p>",
    "<p>&quot;</p>",
    "<table><tbody></tbody></table>",
]


@pytest.mark.parametrize("html", RECOGNISED)
def test_canonical_text_is_recognised_by_its_shapes(html: str) -> None:
    copies = "\n".join([html] * 3)
    assert cleaning._is_canonical(copies, False)
    assert len(canonical.sample_of(copies) or "") <= len(html)
    assert cleaning._clean_once(cleaning.Source(copies, cleaning.Report())) == copies


@pytest.mark.parametrize("html", CHANGED)
def test_text_that_changes_is_not_recognised(html: str) -> None:
    copies = "\n".join([html] * 3)
    assert not cleaning._is_canonical(copies, False)
    assert cleaning._clean_once(cleaning.Source(copies, cleaning.Report())) != copies


def test_a_struck_out_word_changes_in_the_text_of_an_office_program() -> None:
    struck = "<p>a<s>b</s></p>"
    assert richtext.clean(struck) == struck
    assert richtext.clean(f"{struck}\n<p>c mso-x</p>") == "<p>a</p>\n<p>c mso-x</p>"
