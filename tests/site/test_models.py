"""Tests of the site settings, links to other sites, and redirects."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.site.models import IDENTIFICATION, FriendlyLink, Redirect, SiteSettings, field_label

pytestmark = pytest.mark.django_db

COMPLETE = {
    "name": "某某人民法院",
    "domain": "court.example",
    "site_id_code": "2303050001",
    "icp_number": "黑ICP备00000000号",
    "police_number": "黑公网安备00000000000000号",
    "sponsor": "某某人民法院",
    "address": "某某路",
    "phone": "12368",
}


def test_unsaved_settings_are_empty_and_not_live(django_assert_num_queries):
    with django_assert_num_queries(1):
        settings = SiteSettings.load()
    assert (settings.name, settings.is_live, settings.pk) == ("", False, 1)
    assert not SiteSettings.objects.exists()


def test_settings_are_a_single_row():
    settings = SiteSettings.load()
    settings.name = "甲"
    settings.save()
    settings = SiteSettings.load()
    settings.name = "乙"
    settings.save()
    assert [str(row) for row in SiteSettings.objects.all()] == ["乙"]
    with pytest.raises(IntegrityError), transaction.atomic():
        SiteSettings.objects.create(id=2)


def test_a_site_with_all_identification_fields_may_go_live():
    settings = SiteSettings(**COMPLETE, is_live=True)
    settings.full_clean()
    settings.save()
    assert SiteSettings.load().is_live


@pytest.mark.parametrize("field", IDENTIFICATION)
@pytest.mark.parametrize("value", ["", "   "])
def test_a_site_without_an_identification_field_may_not_go_live(field, value):
    settings = SiteSettings(**{**COMPLETE, field: value}, is_live=True)
    with pytest.raises(ValidationError) as raised:
        settings.full_clean(validate_constraints=False)
    messages = raised.value.message_dict["is_live"]
    assert len(messages) == 1
    assert field_label(field) in messages[0]
    settings.is_live = False
    settings.full_clean()
    if not value:
        settings.is_live = True
        with pytest.raises(IntegrityError), transaction.atomic():
            settings.save()


def test_the_error_names_every_missing_field():
    with pytest.raises(ValidationError) as raised:
        SiteSettings(is_live=True).clean()
    for field in IDENTIFICATION:
        assert field_label(field) in raised.value.message_dict["is_live"][0]


@pytest.mark.parametrize(
    "domain", ["https://court.example", "court.example/", "Court.Example", "a b", "-a.cn", "a..cn"]
)
def test_a_domain_with_scheme_path_or_invalid_characters_is_refused(domain):
    with pytest.raises(ValidationError):
        SiteSettings(domain=domain).full_clean()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://court.example/", "//court.example/", "court.example"]
)
def test_a_friendly_link_needs_an_http_url(url):
    with pytest.raises(ValidationError):
        FriendlyLink(title="x", url=url).full_clean()


def test_friendly_links_are_ordered_by_position():
    for title, position in (("丙", 3), ("甲", 1), ("乙", 2)):
        FriendlyLink.objects.create(
            title=title, url=f"https://{position}.example/", position=position
        )
    assert [str(link) for link in FriendlyLink.objects.all()] == ["甲", "乙", "丙"]


def test_a_redirect_may_have_a_query_string():
    Redirect(old_path="/public/detail.php?id=12", new_path="/news/12/").full_clean()


@pytest.mark.parametrize(
    "path",
    ["", "news/", "//elsewhere.example/", "/\\elsewhere.example/", "https://elsewhere.example/",
     "/a b", "/a\nb", "/a#b", "/a\\b"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["old_path", "new_path"])
def test_a_redirect_needs_paths_of_this_site(field, path):
    with pytest.raises(ValidationError) as raised:
        Redirect(**{"old_path": "/old/", "new_path": "/new/", field: path}).full_clean()
    assert field in raised.value.message_dict


def test_a_redirect_to_itself_is_refused():
    with pytest.raises(ValidationError):
        Redirect(old_path="/a/", new_path="/a/").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(old_path="/a/", new_path="/a/")


def test_a_circle_of_redirects_is_refused():
    Redirect.objects.create(old_path="/a/", new_path="/b/")
    Redirect.objects.create(old_path="/b/", new_path="/c/")
    with pytest.raises(ValidationError):
        Redirect(old_path="/c/", new_path="/a/").full_clean()
    Redirect(old_path="/d/", new_path="/a/").full_clean()


def test_a_redirect_into_an_existing_circle_is_refused():
    """Only code that bypasses the form can create a loop; the check must end nevertheless."""
    Redirect.objects.create(old_path="/a/", new_path="/b/")
    Redirect.objects.create(old_path="/b/", new_path="/a/")
    with pytest.raises(ValidationError):
        Redirect(old_path="/d/", new_path="/a/").full_clean()


def test_names_of_this_court_are_recognised_as_sources():
    settings = SiteSettings(
        name="某某市某某区人民法院",
        short_name="某某区法院",
        name_en="People's Court of Moumou District, Moumou",
    )
    ours = (settings.name, "某某区人民法院", "某某区法院", settings.name_en)
    for source in (*ours, "People's Court of Moumou District"):
        assert settings.is_ours(source), source
    for source in ("", "人民法院", "法院", "人民法院报", "某某市中级人民法院", "People's Court"):
        assert not settings.is_ours(source), source
    assert not SiteSettings().is_ours("")
