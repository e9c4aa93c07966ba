"""The roles of staff. Each role is a group with a Chinese name, which a migration creates."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A role of staff. The value is the name of the database group, the label is shown to users."""

    EDITOR = "编辑", _("Editor")
    FIRST_REVIEWER = "初审", _("First reviewer")
    SECOND_REVIEWER = "复审", _("Second reviewer")
    FINAL_REVIEWER = "终审", _("Final reviewer")
    PUBLISHER = "发布", _("Publisher")
    HONORS = "荣誉管理", _("Honours staff")
    SITE_ADMIN = "站点管理", _("Site administrator")
    SECURITY = "安全管理", _("Security officer")
    AUDITOR = "审计", _("Auditor")


REVIEWERS = frozenset({Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER})
# The roles that may read unpublished drafts and texts in review.
NEWSROOM = REVIEWERS | {Role.EDITOR, Role.PUBLISHER}
# A user has at most one of these roles (standard S2).
SEPARATE_DUTIES = frozenset({Role.SITE_ADMIN, Role.SECURITY, Role.AUDITOR})
