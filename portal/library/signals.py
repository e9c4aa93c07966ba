"""Signals of the library. ``portal/wiring.py`` connects the receivers."""

from django.dispatch import Signal

# Sent inside the transaction after an image or attachment was hidden or brought back.
# Argument: media_file.
hidden_changed = Signal()

# Sent inside the transaction after the descriptive fields of an image or attachment were changed;
# pages show an attachment's name where the article gives no title. Argument: media_file.
description_changed = Signal()
