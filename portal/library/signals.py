"""Signals of the library. ``portal/wiring.py`` connects the receivers."""

from django.dispatch import Signal

# Sent inside the transaction after an image or attachment was hidden or made available again.
# Argument: media_file.
hidden_changed = Signal()

# Sent inside the transaction after the descriptive fields of an image or attachment were changed,
# because pages show the name of an attachment if the article sets no title. Argument: media_file.
description_changed = Signal()
