"""Signals of the workflow, sent inside the transaction; ``portal/wiring.py`` connects them."""

from django.dispatch import Signal

# An object became public or private, or its public text changed; sent after its rows were written.
# Arguments: obj, was_public, is_public; images, attachments: the ids (sets) of the library files
# that the object uses in public before or after the change.
public_changed = Signal()

# A change outside the workflow that readers see: a column's name, a pin, a site setting.
# Arguments: reason; forbid_stale (default True): False if the change only adds content.
public_listing_changed = Signal()

# New content of some objects of one model was saved or restored.
# Argument: written, a list of (obj, content).
draft_saved = Signal()
