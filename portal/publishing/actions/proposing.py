"""A changed description of a library file, for many released texts at once (``MediaProposal``).

The texts are saved, submitted, approved and released by the actions that also serve single texts,
in one transaction: if one text is refused, nothing happens to any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import actions as audit
from portal.library.models import Attachment, Image, MediaFile

from .. import diff, media_changes, quotes
from ..errors import NotAllowed, Refused
from ..models import MediaProposal, Publishable, Revision
from ..parsed_content import ParsedContent
from ..rules import may_cancel, may_write
from ..states import ChangeKind, RevisionState
from .base import lock_object, transition
from .editing import VersionToken, correct, save
from .releasing import release
from .reviewing import approve, return_, submit

#: Maximum number of texts of one proposal. Their release is one transaction, during which others
#: wait: 57 ms of processor time for each text, and 120 ms for its submission, on a slow machine.
MAX_TEXTS = 100

#: The action codes in the audit log.
PROPOSE, RETURN, RELEASE, CANCEL = (
    "workflow.joint_propose",
    "workflow.joint_return",
    "workflow.joint_release",
    "workflow.joint_cancel",
)


@dataclass(frozen=True)
class PlannedText:
    """A released text that shows a former description of a file.

    ``content`` is its content with the present description. ``obstacle`` is the sentence that says
    why the text can't be part of a proposal, or ''.
    """

    obj: Publishable
    live: Revision
    content: dict[str, Any]
    reasons: tuple[str, ...]
    obstacle: str

    @property
    def key(self) -> str:
        """The model label and the id of the object, as forms post it."""
        return f"{self.obj._meta.label_lower}:{self.obj.pk}"

    @property
    def changes(self) -> list[diff.Change]:
        """The differences that the proposal makes for readers."""
        return diff.changes(type(self.obj), self.live.content, self.content)


def plan(media_file: MediaFile, by: User) -> list[PlannedText]:
    """Return the released texts that show a former description of a file, newest first."""
    found = []
    for page in media_changes.waiting_pages(media_file):
        live = page.obj.live_revision
        current = live.parse_content()
        content = media_changes.updated_content(current, media_file)
        obstacle = ""
        if content == current.data:
            obstacle = _("The file is out of use: take it out of this text by hand.")
        elif not may_write(by, page.obj):
            obstacle = _("Your roles do not permit you to change this text.")
        elif page.obj.open_revision is not None:
            obstacle = _("Somebody is working on this text: change it there.")
        found.append(PlannedText(page.obj, live, content, page.reasons, obstacle))
    return found


@transaction.atomic
def propose(
    *,
    media_file: MediaFile,
    by: User,
    keys: Collection[str],
    kind: str,
    public_note: str,
) -> MediaProposal:
    """Submit the change of a file for the chosen texts (``PlannedText.key``) as one proposal.

    Raises Refused if the file has an open proposal, no text or too many texts are chosen, or a text
    can't be changed or submitted.
    """
    public_note = public_note.strip()
    if kind not in ChangeKind.values or not kind or not public_note:
        raise Refused(_("Say what kind of change it is, and what readers are told of it."))
    chosen = [text for text in plan(media_file, by) if text.key in keys]
    if not chosen:
        raise Refused(_("Choose at least one text."))
    if len(chosen) > MAX_TEXTS:
        raise Refused(_("Choose at most %(count)s texts at once.") % {"count": MAX_TEXTS})
    _lock_objects(text.obj for text in chosen)
    proposal = _create(media_file, by, kind, public_note)
    for text in chosen:
        with _naming(text.obj):
            if text.obstacle:
                raise Refused(text.obstacle)
            _submit_text(proposal, text, by)
    _log(PROPOSE, proposal, by, texts=len(chosen))
    return proposal


def _create(media_file: MediaFile, by: User, kind: str, public_note: str) -> MediaProposal:
    file: Any = {"image" if isinstance(media_file, Image) else "attachment": media_file}
    try:
        with transaction.atomic():
            return MediaProposal.objects.create(
                **file, change_kind=kind, public_note=public_note, created_by=by
            )
    except IntegrityError as error:
        raise Refused(_("A joint change of this file is in review already.")) from error


def _submit_text(proposal: MediaProposal, text: PlannedText, by: User) -> None:
    token = VersionToken(text.live.pk, text.live.version)
    revision = save(obj=text.obj, content=text.content, by=by, token=token).revision
    revision = correct(
        obj=text.obj,
        by=by,
        kind=ChangeKind(proposal.change_kind),
        public_note=proposal.public_note,
        token=VersionToken(revision.pk, revision.version),
    )
    revision = Revision.objects.get(pk=revision.pk)
    submit(revision=revision, by=by, digest=revision.digest)
    Revision.objects.filter(pk=revision.pk).update(proposal=proposal)


@transaction.atomic
def approve_proposal(
    *,
    proposal: MediaProposal,
    by: User,
    digest: str,
    reviewed: bool,
    proofread: bool,
    comment: str = "",
) -> None:
    """Record the review that is due for each text of the proposal.

    Texts that need fewer reviews than others may be approved already. ``digest`` is that of the
    proposal (``MediaProposal.digest``) as it was shown to the user.
    """
    revisions = _lock(proposal, digest)
    in_review = [each for each in revisions if each.state == RevisionState.IN_REVIEW]
    if not in_review:
        raise Refused(_("All texts of this joint change are approved already."))
    for revision in in_review:
        with _naming(revision.target):
            approve(
                revision=revision,
                by=by,
                digest=revision.digest,
                reviewed=reviewed,
                proofread=proofread,
                comment=comment,
                proposal=proposal,
            )


@transaction.atomic
def return_proposal(*, proposal: MediaProposal, by: User, digest: str, comment: str) -> None:
    """Return the proposal with a comment; its revisions are discarded.

    The writer changes the description in the library, and proposes it again.
    """
    for revision in _lock(proposal, digest):
        with _naming(revision.target):
            returned = return_(
                revision=revision, by=by, digest=revision.digest, comment=comment, proposal=proposal
            )
        transition(returned, to=RevisionState.DISCARDED)
    _close(proposal, MediaProposal.State.RETURNED, comment=comment.strip())
    _log(RETURN, proposal, by, comment=comment.strip())


@transaction.atomic
def release_proposal(
    *, proposal: MediaProposal, by: User, digest: str, override_reason: str = ""
) -> int:
    """Release all texts of an approved proposal, or none of them; return their number."""
    revisions = _lock(proposal, digest)
    if any(revision.state != RevisionState.APPROVED for revision in revisions):
        raise Refused(_("Not all texts of this joint change are approved yet."))
    _lock_dependent_rows([revision.parse_content() for revision in revisions])
    for revision in revisions:
        with _naming(revision.target):
            release(
                revision=revision,
                by=by,
                digest=revision.digest,
                override_reason=override_reason,
                proposal=proposal,
            )
    _close(proposal, MediaProposal.State.RELEASED)
    _log(RELEASE, proposal, by, texts=len(revisions))
    return len(revisions)


@transaction.atomic
def cancel_proposal(*, proposal: MediaProposal, by: User) -> None:
    """Cancel an open proposal; its revisions are discarded."""
    revisions = _lock(proposal)
    if not may_cancel(by, revisions):
        raise NotAllowed(_("Your roles do not permit you to change these texts."))
    for revision in revisions:
        transition(revision, to=RevisionState.DISCARDED)
    _close(proposal, MediaProposal.State.CANCELLED)
    _log(CANCEL, proposal, by)


# Shared steps


def _lock(proposal: MediaProposal, digest: str | None = None) -> list[Revision]:
    """Lock the proposal and its objects; return its open revisions.

    Raises Refused if the proposal is closed, or if ``digest`` is not that of its texts.
    """
    stored = MediaProposal.objects.select_for_update().get(pk=proposal.pk)
    _lock_objects(revision.target for revision in stored.open_revisions())
    revisions = stored.open_revisions()
    if not stored.is_open:
        raise Refused(_("This joint change is closed."))
    if digest is not None:
        if not revisions:
            raise Refused(_("All texts were taken out of this joint change. Cancel it."))
        if digest != stored.digest():
            raise Refused(
                _("The texts were changed after you opened this page. Read it again, then decide.")
            )
    return revisions


def _lock_objects(objects: Iterable[Publishable]) -> None:
    """Lock all objects in the same order in every transaction, before anything else is locked."""
    by_type = ContentType.objects.get_for_model
    for obj in sorted(objects, key=lambda each: (by_type(each).pk, each.pk)):
        lock_object(obj)


def _lock_dependent_rows(contents: list[ParsedContent]) -> None:
    """Lock the rows of other objects that the releases lock, before the first one is released.

    Each release ends by locking the generation and the head of the audit log, for which other
    transactions wait while they hold such rows. Locking more rows after that could deadlock.
    """
    for content in contents:
        quotes.stale_records(content)
    for model, ids in (
        (Image, {pk for content in contents for pk in content.image_ids}),
        (Attachment, {pk for content in contents for pk in content.attachment_ids}),
    ):
        rows: Any = model._base_manager.select_for_update(no_key=True)
        list(rows.filter(pk__in=ids).order_by("pk").values_list("pk"))


@contextmanager
def _naming(obj: Publishable) -> Iterator[None]:
    """Name the text in the sentence of a refusal."""
    try:
        yield
    except Refused as refusal:
        kind = NotAllowed if isinstance(refusal, NotAllowed) else Refused
        raise kind(_("“%(title)s”: %(why)s") % {"title": obj, "why": refusal}) from refusal


def _close(proposal: MediaProposal, state: MediaProposal.State, **changes: Any) -> None:
    proposal.state = state
    for name, value in changes.items():
        setattr(proposal, name, value)
    proposal.save(update_fields=["state", *changes])


def _log(action: str, proposal: MediaProposal, by: User, **details: Any) -> None:
    file = {"image": proposal.image_id, "attachment": proposal.attachment_id}
    audit.log_event(action=action, obj=proposal, actor=by, details={**file, **details})
