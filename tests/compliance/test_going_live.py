"""F1: a site administrator can open the site only after filling in all fields that identify it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.accounts.roles import Role
from portal.site.models import SiteSettings, field_label
from tests import factories

from . import checks
from .html import Page

pytestmark = pytest.mark.django_db

FORM = "/admin/site/sitesettings/add/"
#: Each field of the standards F1 and T1, with a valid value.
FIELDS = {
    "name": "某某人民法院",
    "domain": "court.example",
    "site_id_code": "2303050001",
    "icp_number": "黑ICP备00000000号",
    "police_number": "黑公网安备00000000000000号",
    "sponsor": "某某人民法院",
    "address": "某某路1号",
    "phone": "0467-1234567",
}


@pytest.fixture
def staff_client() -> Client:
    client = Client()
    client.force_login(factories.user(Role.SITE_ADMIN))
    return client


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_site_that_lacks_one_field_stays_closed(
    staff_client: Client, field: str, value: str | None
) -> None:
    sent: dict[str, Any] = {**FIELDS, field: value, "is_live": "on"}
    response = staff_client.post(
        FORM, {name: each for name, each in sent.items() if each is not None}
    )
    errors = response.context["adminform"].form.errors
    assert set(errors) == {"is_live"}
    assert field_label(field) in errors["is_live"][0]
    others = [field_label(name) for name in FIELDS if name != field]
    # The label “地址” is also a part of other labels, so whole labels are compared.
    said = errors["is_live"][0].partition("：")[2].rstrip("。").split("、")
    assert set(said) & set(others) == set()
    assert not SiteSettings.objects.exists()


def test_a_complete_site_opens_and_its_footer_shows_the_fields(staff_client: Client) -> None:
    mark = "https://bszs.conac.cn/sitename?method=show&id=1"
    assert staff_client.post(FORM, {**FIELDS, "mark_url": mark, "is_live": "on"}).status_code == 302
    assert SiteSettings.load().is_live
    page = Page("/", Client().get("/").content.decode())
    facts = {
        "主办单位": FIELDS["sponsor"],
        "网站标识码": FIELDS["site_id_code"],
        "ICP备案号": f"{FIELDS['icp_number']}（外部网站）",
        "公安备案号": f"{FIELDS['police_number']}（外部网站）",
        "联系电话": FIELDS["phone"],
        "网站纠错": "在线提交",
    }
    assert checks.footer(page, facts) == []
    foot = page.root.all("footer", class_="footer")[0]
    assert FIELDS["address"] in foot.text
    assert [each.attrs["href"] for each in foot.all("p", class_="mark")[0].all("a")] == [mark]
    assert checks.outbound(page, FIELDS["domain"], "（外部网站）") == []


def test_no_field_of_an_open_site_can_be_emptied(staff_client: Client) -> None:
    staff_client.post(FORM, {**FIELDS, "is_live": "on"})
    change = "/admin/site/sitesettings/1/change/"
    for field in FIELDS:
        response = staff_client.post(change, {**FIELDS, field: "", "is_live": "on"})
        assert set(response.context["adminform"].form.errors) == {"is_live"}
    # Saving the form without "is_live" closes the site, so that a field may be empty.
    assert staff_client.post(change, {**FIELDS, "phone": ""}).status_code == 302
    assert not SiteSettings.load().is_live
