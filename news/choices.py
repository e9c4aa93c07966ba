"""Choices of the fields of the news models."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ColumnType(models.TextChoices):
    """The column types that the inspection of government sites prescribes (G47, standard T2)."""

    HOME = "首页", _("Home page")
    PROFILE = "概况信息", _("Profile")
    DUTIES = "机构职能", _("Duties of the body")
    LEADERS = "负责人信息", _("Leaders")
    WORK = "工作动态", _("Work news")
    POLICY = "政策文件", _("Policy documents")
    DISCLOSURE = "信息公开指南", _("Guide to disclosure")
    DATA = "数据发布", _("Data")
    INTERPRETATION = "政策解读", _("Interpretation of policy")
    RESPONSE = "回应关切", _("Answers to concerns")
    SERVICE = "办事服务", _("Services")
    CONSULTATION = "咨询投诉", _("Consultation and complaints")
    SURVEY = "征集调查", _("Surveys")
    INTERVIEW = "在线访谈", _("Interviews")


class Page(models.TextChoices):
    """Generated pages that the navigation may show for a column, as URL names.

    Other apps supply the content of these pages.
    """

    PROFILE = "court:profile", _("Court profile")
    LEADERS = "court:leaders", _("Leaders of the court")
    DEPARTMENTS = "court:departments", _("Departments")
    JUDGES = "court:judges", _("Judges")
    CONTACT = "court:contact", _("Contact")
    HONORS = "honors:wall", _("Honour wall")
    DATA = "data:index", _("Judicial data")
