"""What the library announces. The roof's ``wiring.py`` lists who listens."""

from django.dispatch import Signal

# Inside the transaction: an image or attachment that pages may show was hidden, or brought back.
# Argument: medium.
hidden_changed = Signal()

# Inside the transaction: the words that describe an image or attachment were changed; readers see
# an attachment's name where no other title was given. Argument: medium.
description_changed = Signal()
