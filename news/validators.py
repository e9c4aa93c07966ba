"""Validators of the slugs of columns and topics."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

#: First path segments below /news/ and /feeds/ that the URL configuration uses itself.
RESERVED_SLUGS = frozenset({"page", "feeds", "news", "honors"})

validate_slug_has_letter = RegexValidator(
    r"[a-z]", _("An address word needs at least one letter, so that it is not taken for a number.")
)


def validate_slug_not_reserved(value: str) -> None:
    """Refuse a slug that would collide with another URL pattern."""
    if value in RESERVED_SLUGS:
        raise ValidationError(_("This word is used by the site itself; choose another."))
