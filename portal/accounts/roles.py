"""The roles of staff. Each is a group with a Chinese name, created by a migration."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A role of staff: the value is the name of its group, the label is shown to users."""

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
# All who may read work in progress.
NEWSROOM = REVIEWERS | {Role.EDITOR, Role.PUBLISHER}
# No user has two of these (standard S2).
SEPARATE_DUTIES = frozenset({Role.SITE_ADMIN, Role.SECURITY, Role.AUDITOR})
