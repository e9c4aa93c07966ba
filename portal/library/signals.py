"""Signals of the library. ``portal/wiring.py`` connects the receivers."""

from django.dispatch import Signal

# Sent inside the transaction after an image or attachment was withdrawn from the public pages or
# brought back. Argument: media_file.
withdrawal_changed = Signal()
