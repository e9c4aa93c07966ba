"""Gates: what a text must have before it may go on.

They show as hints on every save, and block submit and release. A finding that is ``firm`` can't be
overridden; any other can, by somebody with the right and a logged reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.library import richtext
from portal.library.models import Attachment, Image

from . import content as contents
from . import quotes
from .check_results import CheckResult, missing_field
from .states import ChangeKind

if TYPE_CHECKING:
    from .models import Publishable, Revision


def check_revision(revision: Revision) -> list[CheckResult]:
    """All findings on a revision: those of every type, then the type's own."""
    content = contents.upgrade_content(revision.model, revision.content)
    return [
        *_media(revision, content),
        *_alt_texts(revision, content),
        *_correction(revision),
        *_expiry(revision),
        *quotes.check_quotes(revision.model, content),
        *revision.as_object().content_checks(),
    ]


def acknowledged(revision: Revision | None) -> list[CheckResult]:
    """What the checks ask and the text itself answers; for those who decide on it."""
    return revision.as_object().acknowledged() if revision is not None and revision.is_open else []


def check_live_text(obj: Publishable | None) -> list[CheckResult]:
    """What has become wrong with a public text on which nobody is at work."""
    live = obj.live_revision if obj is not None and obj.is_public else None
    if live is None:
        return []
    return quotes.check_quotes(live.model, contents.upgrade_content(live.model, live.content))


def blocking_results(found: Iterable[CheckResult], override_reason: str) -> list[CheckResult]:
    """The findings that block, given the reason for an override (or '')."""
    return [finding for finding in found if finding.blocking or not override_reason]


def _media(revision: Revision, content: dict) -> list[CheckResult]:
    """Pictures and files that are gone, or that the library has taken out of use."""
    pictures = contents.image_ids(revision.model, content)
    files = contents.attachment_ids(content)
    return [
        *_dead(
            Image,
            pictures,
            "pictures",
            _("Picture no. %(number)s has left the library: take it out or replace it."),
        ),
        *_dead(
            Attachment,
            files,
            "files",
            _("Attachment no. %(number)s has left the library: take it out or replace it."),
        ),
    ]


def _dead(
    model: type[Image] | type[Attachment], wanted: list[int], field: str, message: str
) -> list[CheckResult]:
    alive = set(model.objects.filter(pk__in=wanted, hidden=False).values_list("pk", flat=True))
    return [
        CheckResult(f"dead-{field}", message % {"number": number}, field, blocking=True)
        for number, pk in enumerate(wanted, start=1)
        if pk not in alive
    ]


def _alt_texts(revision: Revision, content: dict) -> list[CheckResult]:
    found = [
        CheckResult(
            "missing-alt",
            _(
                "Picture no. %(number)s has no alternative text: say in a sentence what it shows, "
                "for readers who can't see it."
            )
            % {"number": number},
            "pictures",
        )
        for number, row in enumerate(content["pictures"], start=1)
        if not row["alt"].strip()
    ]
    for name in revision.model.content_fields:
        if isinstance(revision.model._meta.get_field(name), richtext.RichTextField) and (
            count := len(richtext.missing_alt(content["fields"][name] or ""))
        ):
            found.append(
                CheckResult(
                    "missing-alt",
                    _("%(count)s picture(s) in the text have no alternative text.")
                    % {"count": count},
                    name,
                )
            )
    return found


def _expiry(revision: Revision) -> list[CheckResult]:
    """A text whose time is over would leave the moment it went out."""
    draft = revision.as_object()
    if revision.imported or not getattr(draft, "is_over", False):
        return []
    message = _("The text has expired already: give it a later date, or none.")
    return [CheckResult("over", message, "expires_at", blocking=True)]


def _correction(revision: Revision) -> list[CheckResult]:
    """Whoever changes what was public says so: a note for substance, or a mark for a misprint."""
    if not revision.base_id:
        return []
    if not revision.change_kind:
        message = _(
            "This text was public before: say whether you correct its substance or a misprint."
        )
        return [missing_field("change_kind", message)]
    if revision.change_kind == ChangeKind.SUBSTANCE and not revision.public_note.strip():
        message = _("A correction of substance needs a note that readers will see.")
        return [missing_field("public_note", message)]
    return []
