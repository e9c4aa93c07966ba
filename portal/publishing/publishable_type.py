"""What a publishable model declares about itself; ``models.Publishable`` adds the workflow."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import NEWSROOM, Role

from .check_results import CheckResult
from .content import ContentModel
from .search_document import Kind, SearchDocument


class PublishableType(ContentModel):
    """The attributes and hooks that a publishable model overrides."""

    #: The content field that names the object in the admin.
    title_field: ClassVar[str] = "title"
    #: The columns that are searched when a public object is chosen as a link's target.
    public_search_fields: ClassVar[tuple[str, ...]] = ("title",)
    #: Whether texts may quote it (``quoted_text``) and are marked stale when it changes.
    is_quotable: ClassVar[bool] = False
    #: The roles that may write this model.
    writer_roles: ClassVar[frozenset[Role]] = frozenset({Role.EDITOR})
    #: The roles that may read unreleased work on it.
    reader_roles: ClassVar[frozenset[Role]] = NEWSROOM | {Role.AUDITOR}

    # Fields of ``models.Publishable`` that the defaults below read.
    working_title: str
    published_at: datetime | None
    published_on: date | None

    class Meta:
        abstract = True

    # Reviews

    @property
    def review_steps(self) -> int:
        """The number of reviews that this content needs, 1 to 3."""
        return 3

    def stage_roles(self, step: int, steps: int) -> frozenset[Role]:
        """Return the roles that may give review ``step`` of ``steps``, from 1; the last is 终审."""
        stages = {
            1: (Role.FINAL_REVIEWER,),
            2: (Role.FIRST_REVIEWER, Role.FINAL_REVIEWER),
            3: (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER),
        }
        return frozenset({stages[steps][step - 1]})

    @classmethod
    def stage_label(cls, step: int, steps: int) -> str:
        """Return the name of a review step; the last is 终审, whatever the number of steps."""
        if step == steps:
            return str(_("Final review"))
        return str(_("First review") if step == 1 else _("Second review"))

    # Content

    def set_derived_columns(self) -> None:
        """Set the columns that are computed from the content, before a release saves the row."""

    def content_checks(self) -> list[CheckResult]:
        """Return the problems found by the model's own checks."""
        return []

    def acknowledged(self) -> list[CheckResult]:
        """Return the problems that the text itself explains: not blocking, shown to reviewers."""
        return []

    @classmethod
    def title_of(cls, content: dict[str, Any]) -> str:
        """Return the title under which the admin lists a text with this content."""
        return (content["fields"].get(cls.title_field) or "")[:200]

    def set_working_columns(self, content: dict[str, Any]) -> None:
        """Set the ``working_…`` columns, by which the admin lists and filters unreleased work."""
        self.working_title = self.title_of(content)

    # Public pages

    def on_published(self) -> None:
        """Update rows of the same app after the object became public or changed in public."""

    @property
    def list_date(self) -> date | None:
        """The day by which public lists are ordered, as ``newest_first`` orders them."""
        return self.published_on

    def list_filters(self) -> dict[str, dict[str, Any]]:
        """Return the public lists that contain a live object: list key -> filter of its rows.

        The length of each list is stored in ``ListCount``.
        """
        return {}

    @property
    def link_title(self) -> str:
        """The text of a link from another page."""
        return str(self)

    @property
    def display_date(self) -> str:
        """The date shown in search results where it differs from the date they are ordered by."""
        return ""

    @property
    def flags(self) -> list[str]:
        """Remarks shown beside the title wherever only the title is shown."""
        return []

    @property
    def quoted_text(self) -> str:
        """The words that another text may quote, where ``is_quotable``."""
        return ""

    # Search

    def search_document(self) -> SearchDocument:
        """Return the text by which the public (or, before release, the staff) find the object."""
        return SearchDocument(Kind.COURT, title=str(self), on=self.published_at)

    def dependents(self) -> list[models.QuerySet]:
        """Return the objects that are public only while this one is, or that show its text."""
        return []
