"""Is the log what was written? Read from the first entry to the head."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.audit.models import Entry, Head

BATCH = 1000


@dataclass(frozen=True)
class VerificationResult:
    """``entries`` were found good; ``problem`` names the first bad one, "" if there is none."""

    entries: int
    problem: str = ""


def verify() -> VerificationResult:
    """Walk the chain in batches. What is appended meanwhile waits for the next verification."""
    head = Head.objects.filter(pk=1).first()
    if head is None:
        return VerificationResult(0, _("The chain's head is missing."))
    good, previous_hash = 0, ""
    for entry in _entries_up_to(head.sequence):
        problem = _problem(entry, expected_id=good + 1, previous_hash=previous_hash)
        if problem:
            return VerificationResult(good, problem)
        good, previous_hash = entry.id, entry.hash
    if good != head.sequence:
        return VerificationResult(good, _("Entry %(number)d is missing.") % {"number": good + 1})
    if previous_hash != head.hash:
        message = _("Entry %(number)d is not the one that the chain's head names.")
        return VerificationResult(good, message % {"number": good})
    # One statement, so that an entry and its head are seen together or not at all.
    stray = Entry.objects.filter(id__gt=Head.objects.filter(pk=1).values("sequence")[:1])
    beyond = stray.order_by("id").first()
    if beyond is not None:
        message = _("Entry %(number)d stands beyond the chain's head.")
        return VerificationResult(good, message % {"number": beyond.id})
    return VerificationResult(good)


def _entries_up_to(last: int) -> Iterator[Entry]:
    position = 0
    while batch := list(Entry.objects.filter(id__gt=position, id__lte=last).order_by("id")[:BATCH]):
        yield from batch
        position = batch[-1].id


def _problem(entry: Entry, *, expected_id: int, previous_hash: str) -> str:
    if entry.id != expected_id:
        return _("Entry %(number)d is missing.") % {"number": expected_id}
    if entry.previous_hash != previous_hash:
        return _("Entry %(number)d does not follow the entry before it.") % {"number": entry.id}
    if entry.hash != entry.computed_hash():
        return _("Entry %(number)d was changed after it was written.") % {"number": entry.id}
    return ""
