"""What the press announces. The roof's ``wiring.py`` lists who listens."""

from django.dispatch import Signal

# Inside the transaction of the verb, once the rows stand. Arguments: obj, was_public, is_public,
# images, attachments (the ids whose public standing may have changed).
public_changed = Signal()

# Inside the transaction too: something readers see that does not pass the press (a column's name,
# a pin, a site setting) has changed. Arguments: reason; takes_back (False where nothing that was
# shown is gone or says something else now).
public_listing_changed = Signal()

# Inside the transaction: the newest text of some objects of one type is another now, saved or
# restored. Argument: written, a list of (obj, content).
draft_saved = Signal()
