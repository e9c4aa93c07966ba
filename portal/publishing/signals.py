"""The signals of the workflow, sent inside the transaction of the change.

``portal/wiring.py`` connects the receivers.
"""

from django.dispatch import Signal

# Sent after the rows of an object were written that became public or private, or whose public text
# changed. Arguments: obj, was_public, is_public; images, attachments: sets with the ids of the
# library files that the object uses in public before or after the change.
public_changed = Signal()

# Sent for a change outside the workflow that readers see: a column's name, a pinned article, a site
# setting. Arguments: reason; forbid_stale (default True): False if the change only adds content.
public_listing_changed = Signal()

# Sent after new content of objects of one model was saved or restored. Argument: written, a list of
# (obj, content).
draft_saved = Signal()
