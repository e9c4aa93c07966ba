"""Verification of the audit log's hash chain, from the first entry to the head row."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.audit.models import Entry, Head

BATCH_SIZE = 1000


@dataclass(frozen=True)
class VerificationResult:
    """The number of valid entries, and a sentence about the first invalid one ("" if none is)."""

    entries: int
    problem: str = ""


def verify() -> VerificationResult:
    """Verify the chain up to the current head; entries appended meanwhile are not checked."""
    head = Head.objects.filter(pk=1).first()
    if head is None:
        return VerificationResult(0, _("The chain's head is missing."))
    verified, previous_hash = 0, ""
    for entry in _entries_up_to(head.sequence):
        problem = _problem(entry, expected_id=verified + 1, previous_hash=previous_hash)
        if problem:
            return VerificationResult(verified, problem)
        verified, previous_hash = entry.id, entry.hash
    if verified != head.sequence:
        return VerificationResult(
            verified, _("Entry %(number)d is missing.") % {"number": verified + 1}
        )
    if previous_hash != head.hash:
        message = _("Entry %(number)d is not the one that the chain's head names.")
        return VerificationResult(verified, message % {"number": verified})
    # A single statement reads the head and the entries beyond it, so that both belong to one
    # snapshot.
    stray = Entry.objects.filter(id__gt=Head.objects.filter(pk=1).values("sequence")[:1])
    beyond = stray.order_by("id").first()
    if beyond is not None:
        message = _("Entry %(number)d stands beyond the chain's head.")
        return VerificationResult(verified, message % {"number": beyond.id})
    return VerificationResult(verified)


def _entries_up_to(end: int) -> Iterator[Entry]:
    last_id = 0
    while batch := list(
        Entry.objects.filter(id__gt=last_id, id__lte=end).order_by("id")[:BATCH_SIZE]
    ):
        yield from batch
        last_id = batch[-1].id


def _problem(entry: Entry, *, expected_id: int, previous_hash: str) -> str:
    if entry.id != expected_id:
        return _("Entry %(number)d is missing.") % {"number": expected_id}
    if entry.previous_hash != previous_hash:
        return _("Entry %(number)d does not follow the entry before it.") % {"number": entry.id}
    if entry.hash != entry.computed_hash():
        return _("Entry %(number)d was changed after it was written.") % {"number": entry.id}
    return ""
