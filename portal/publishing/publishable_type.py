"""The attributes of a publishable model; ``models.Publishable`` adds the workflow."""

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

    #: The content field that is the title of the object in the admin.
    title_field: ClassVar[str] = "title"
    #: The columns that are searched when a user chooses a public object as a reference's target.
    public_search_fields: ClassVar[tuple[str, ...]] = ("title",)
    #: Whether other texts may quote ``quoted_text`` and are marked stale when it changes.
    is_quotable: ClassVar[bool] = False
    #: The roles that may write objects of this model.
    writer_roles: ClassVar[frozenset[Role]] = frozenset({Role.EDITOR})
    #: The roles that may read unreleased work on objects of this model.
    reader_roles: ClassVar[frozenset[Role]] = NEWSROOM | {Role.AUDITOR}

    # Columns of ``models.Publishable`` that the methods below read.
    working_title: str
    published_at: datetime | None
    published_on: date | None

    class Meta:
        abstract = True

    # Hooks for reviews

    @property
    def review_steps(self) -> int:
        """The number of reviews that this object needs, from 1 to 3."""
        return 3

    def stage_roles(self, step: int, steps: int) -> frozenset[Role]:
        """Return the roles that may give review ``step`` (from 1) of ``steps``.

        The last step is always the final review (终审).
        """
        stages = {
            1: (Role.FINAL_REVIEWER,),
            2: (Role.FIRST_REVIEWER, Role.FINAL_REVIEWER),
            3: (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER),
        }
        return frozenset({stages[steps][step - 1]})

    @classmethod
    def stage_label(cls, step: int, steps: int) -> str:
        """Return the name of a review step; the last step is always the final review (终审)."""
        if step == steps:
            return str(_("Final review"))
        return str(_("First review") if step == 1 else _("Second review"))

    # Hooks for the content

    def set_derived_columns(self) -> None:
        """Compute columns from the content, before a release saves the object."""

    def content_checks(self) -> list[CheckResult]:
        """Return the problems that the model's own checks find in the content."""
        return []

    def acknowledged(self) -> list[CheckResult]:
        """Return problems that the text explains itself, for reviewers; they block nothing."""
        return []

    @classmethod
    def title_of(cls, content: dict[str, Any]) -> str:
        """Return the title of a text with this content for the admin's lists."""
        return (content["fields"].get(cls.title_field) or "")[:200]

    def set_working_columns(self, content: dict[str, Any]) -> None:
        """Set the ``working_…`` columns, by which the admin lists and filters unreleased work."""
        self.working_title = self.title_of(content)

    # Hooks for public pages

    def on_published(self) -> None:
        """Update other rows of the same app after the object or a change to it became public."""

    @property
    def list_date(self) -> date | None:
        """The day that determines the object's position in public lists, or None.

        It agrees with the order of ``newest_first``.
        """
        return self.published_on

    def list_filters(self) -> dict[str, dict[str, Any]]:
        """Return the public lists that contain the object while it is live.

        The dict maps each list key to the filter of the list's rows. ``ListCount`` stores the
        number of rows of each list.
        """
        return {}

    @property
    def link_title(self) -> str:
        """The text of a link to this object on another page."""
        return str(self)

    @property
    def display_date(self) -> str:
        """The date that search results show if it differs from the one they sort by, else ''."""
        return ""

    @property
    def flags(self) -> list[str]:
        """Remarks shown beside the title on pages that show only the title."""
        return []

    @property
    def quoted_text(self) -> str:
        """The words that other texts may quote if ``is_quotable`` is true."""
        return ""

    # Hooks for the search

    def search_document(self) -> SearchDocument:
        """Return the text that the search index contains for the object.

        Before the release only staff can search it.
        """
        return SearchDocument(Kind.COURT, title=str(self), on=self.published_at)

    def dependents(self) -> list[models.QuerySet]:
        """Return the objects that are public only while this object is, or that show its text."""
        return []
