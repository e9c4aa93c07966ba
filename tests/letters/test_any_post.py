"""Property tests: every POST request gets an expected status and never a server error."""

from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.test import Client
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.letters import form_guard
from portal.letters.models import Letter

from .build import post, token

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
NAMES = ["token", "kind", "page", "text", "name", "phone", "email", "homepage", "number"]
STATUSES = {200, 303, 400, 403, 404, 413, 415, 422, 429}

#: The values include nearly valid ones, which random data would rarely contain.
values = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"error",
            b"complaint",
            b"/news/12/",
            b"//x",
            b"http://testserver/",
            b"\0",
            b"\xed\xa0\x80",
        ]
    ),
    st.builds(lambda: token().encode()),
    st.just("字".encode() * 5001),
)
fields = st.lists(
    st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), values), max_size=12
)
kinds = st.one_of(
    st.just(FORM),
    st.sampled_from(
        [f"{FORM}; charset=utf-8", f"{FORM}; charset=x", "multipart/form-data; boundary=x", ""]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)


def body_of(pairs: list[tuple[str, bytes]]) -> bytes:
    return "&".join(
        f"{quote_from_bytes(name.encode('utf-8', 'surrogatepass'))}={quote_from_bytes(value)}"
        for name, value in pairs
    ).encode()


@pytest.mark.parametrize("path", ["/feedback/", "/feedback/answer/"])
@settings(max_examples=60)
@given(body=st.one_of(st.binary(max_size=300), fields.map(body_of)), kind=kinds, data=st.data())
def test_any_post_gets_an_expected_status(path: str, body: bytes, kind: str, data: Any) -> None:
    names = ["HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE", "CONTENT_LENGTH"]
    texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
    headers = data.draw(st.dictionaries(st.sampled_from(names), texts, max_size=1))
    length = headers.get("CONTENT_LENGTH", "")
    # Skip bodies shorter than their Content-Length: the test client fails if a view reads one.
    assume(not length.isdecimal() or not len(body) < int(length) <= form_guard.MAX_POST_BYTES)
    response = Client().generic("POST", path, body, kind, **{"CONTENT_TYPE": kind, **headers})
    assert response.status_code in STATUSES
    assert "no-store" in response.headers["Cache-Control"]


@settings(max_examples=40)
@given(page=st.text(max_size=200), of=st.text(max_size=200))
def test_any_query_string_gets_an_expected_status(page: str, of: str) -> None:
    query = body_of(
        [
            ("page", page.encode("utf-8", "surrogatepass")),
            ("of", of.encode("utf-8", "surrogatepass")),
        ]
    )
    for path, status in (("/feedback/", 200), ("/feedback/receipt/", 410)):
        assert Client().get(f"{path}?{query.decode()}").status_code == status


@settings(max_examples=30)
@given(text=st.text(min_size=1, max_size=200))
def test_any_text_is_stored_or_refused_without_an_error(text: str) -> None:
    """Each text must be stored, or refused by showing the form again."""
    before = Letter.objects.count()
    sent = {"token": token(), "kind": "error", "text": text.encode("utf-8", "surrogatepass")}
    # Each request has another IP address, so that the rate limit of an address is not exceeded.
    response = post(Client(), sent, REMOTE_ADDR=f"203.0.113.{before % 250}")
    assert response.status_code in {303, 422, 429}
    assert Letter.objects.count() == before + (response.status_code == 303)
