"""The pages of this app (route, title, description, column type), and which have content."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

from .models import CourtProfile, Department, Person

PROFILE = PageInfo(
    "court:profile",
    _("Court profile"),
    _("Who this court is: its name, level and region, its staff, its ideas, its higher courts."),
    "概况信息",
)
LEADERS = PageInfo(
    "court:leaders",
    _("Leaders of the court"),
    _("The leaders of this court with their posts, in their order."),
    "负责人信息",
)
DEPARTMENTS = PageInfo(
    "court:departments",
    _("Departments"),
    _("The internal departments of this court, what each is there for, and its telephone."),
    "机构职能",
)
JUDGES = PageInfo(
    "court:judges",
    _("Judges"),
    _("The quota judges of this court with their grades and departments."),
    "概况信息",
)
CONTACT = PageInfo(
    "court:contact",
    _("Contact"),
    _("Where this court is, when it is open, and how to call it."),
    "概况信息",
)
DATA = PageInfo(
    "data:index",
    _("Judicial data"),
    _("The figures of this court as their sources print them, each with its source."),
    "数据发布",
)
COURT_PAGES = (PROFILE, LEADERS, DEPARTMENTS, JUDGES, CONTACT)


def routes_with_content(profile: CourtProfile | None) -> set[str]:
    """Return the routes of the court's pages that have content, with three database queries."""
    people = Person.objects.public()
    found = {
        PROFILE: profile is not None,
        LEADERS: people.filter(is_leader=True).exists(),
        DEPARTMENTS: bool(profile and profile.department_count)
        or Department.objects.public().exists(),
        JUDGES: bool(profile and profile.quota_judge_count)
        or people.filter(is_quota_judge=True).exists(),
        CONTACT: bool(profile and has_contact(profile)),
    }
    return {page_info.route for page_info, has_content in found.items() if has_content}


def has_contact(profile: CourtProfile) -> bool:
    return bool(profile.address or profile.postcode or profile.phones or profile.hours)
