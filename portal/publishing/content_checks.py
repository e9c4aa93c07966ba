"""Checks of a text before it is submitted, scheduled or released.

While a text is edited, the admin shows the results as hints; on submission and release they refuse
the action. A ``blocking`` result can't be overridden; a publisher can override the others with a
logged reason.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from portal.library import richtext
from portal.library.cleaning.reading import MISSING_PICTURE
from portal.library.models import Attachment, Image

from . import quotes
from .check_results import CheckResult, missing_field
from .models import Publishable, Revision
from .parsed_content import ParsedContent
from .states import ChangeKind


def check_revision(revision: Revision, content: ParsedContent | None = None) -> list[CheckResult]:
    """Run all checks on a revision: the common checks, then those of its model.

    ``content`` is the parsed content of the revision, or None if the caller has not parsed it.
    """
    content = content or revision.parse_content()
    draft = revision.as_object(content)
    return [
        *_check_media(content),
        *check_hidden_content(content),
        *_check_alt_texts(content),
        *_check_missing_pictures(content),
        *_check_correction(revision),
        *_check_expiry(revision, draft),
        *quotes.check_quotes(content),
        *draft.content_checks(),
    ]


def acknowledged(revision: Revision | None) -> list[CheckResult]:
    """Return the problems that the text of an open revision explains itself.

    They block nothing, but reviewers see them.
    """
    return revision.as_object().acknowledged() if revision is not None and revision.is_open else []


def check_live_text(obj: Publishable | None) -> list[CheckResult]:
    """Check the quotes in the live text of a public object."""
    live = obj.live_revision if obj is not None and obj.is_public else None
    return quotes.check_quotes(live.parse_content()) if live is not None else []


def blocking_results(results: Iterable[CheckResult], override_reason: str) -> list[CheckResult]:
    """Return the results that refuse the action, given the override reason (or '')."""
    return [result for result in results if result.blocking or not override_reason]


def _check_media(content: ParsedContent) -> list[CheckResult]:
    """Report images and files in the content that are hidden or withdrawn in the library."""
    return [
        *_check_available(
            Image,
            content.image_ids,
            "pictures",
            _("Picture no. %(number)s has left the library: take it out or replace it."),
        ),
        *_check_available(
            Attachment,
            content.attachment_ids,
            "files",
            _("Attachment no. %(number)s has left the library: take it out or replace it."),
        ),
    ]


def check_hidden_content(content: ParsedContent) -> list[CheckResult]:
    """Report attached files with tracked changes, hidden content or personal data.

    The result can be overridden with a logged reason, like every result that is not ``blocking``.
    """
    wanted = content.attachment_ids
    files = Attachment.objects.in_bulk(wanted) if wanted else {}
    return [
        CheckResult("hidden-content", _describe_hidden(number, file), "files")
        for number, file in ((n, files.get(pk)) for n, pk in enumerate(wanted, start=1))
        if file is not None and file.findings_text
    ]


def _describe_hidden(number: int, file: Attachment) -> str:
    if file.examination is None:
        message = _(
            "Attachment no. %(number)s (%(name)s) has not been examined for hidden content yet."
        )
        return message % {"number": number, "name": file.name}
    message = _("Attachment no. %(number)s (%(name)s) would publish: %(findings)s. %(advice)s")
    return message % {
        "number": number,
        "name": file.name,
        "findings": file.findings_text,
        "advice": file.obstacles_text
        or _("Replace it by a cleaned copy, which the library offers beside the file."),
    }


def _check_available(
    model: type[Image] | type[Attachment], wanted: list[int], field: str, message: str
) -> list[CheckResult]:
    available = set(model.objects.available().filter(pk__in=wanted).values_list("pk", flat=True))
    return [
        CheckResult(f"dead-{field}", message % {"number": number}, field, blocking=True)
        for number, pk in enumerate(wanted, start=1)
        if pk not in available
    ]


def _check_alt_texts(content: ParsedContent) -> list[CheckResult]:
    attached = _(
        "Picture no. %(number)s has no alternative text: say in a sentence what it shows, "
        "for readers who can't see it."
    )
    in_text = _("%(count)s picture(s) in the text have no alternative text.")
    return [
        *(
            CheckResult("missing-alt", attached % {"number": number}, "pictures")
            for number, row in enumerate(content.data["pictures"], start=1)
            if not row["alt"].strip()
        ),
        *(
            CheckResult("missing-alt", in_text % {"count": len(text.missing_alt)}, name)
            for name, text in content.rich_texts.items()
            if text.missing_alt
        ),
    ]


def _check_missing_pictures(content: ParsedContent) -> list[CheckResult]:
    """Report the words that stand in a pasted text for pictures that could not be taken along."""
    in_text = _(
        "%(count)s place(s) still say “%(mark)s”: insert the picture from the library there, or "
        "delete these words."
    )
    counts = {
        name: richtext.count_missing_pictures(value)
        for name, value in content.data["fields"].items()
        if isinstance(value, str)
    }
    counts |= {name: text.missing_pictures for name, text in content.rich_texts.items()}
    for part in ("pictures", "files"):
        words = (str(value) for row in content.data[part] for value in row.values())
        counts[part] = richtext.count_missing_pictures("\n".join(words))
    return [
        CheckResult(
            "missing-picture",
            in_text % {"count": count, "mark": MISSING_PICTURE},
            name,
            blocking=True,
        )
        for name, count in counts.items()
        if count
    ]


def _check_expiry(revision: Revision, draft: Publishable) -> list[CheckResult]:
    """Report a text whose time of expiry has passed already."""
    if revision.imported or not getattr(draft, "is_over", False):
        return []
    message = _("The text has expired already: give it a later date, or none.")
    return [CheckResult("over", message, "expires_at", blocking=True)]


def _check_correction(revision: Revision) -> list[CheckResult]:
    """Report a change to a released text without its kind, or a correction without its note."""
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
