"""Validators for the slugs of columns and topics."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

#: Names that the URL configuration uses below /news/ and /feeds/ in place of a slug.
RESERVED_SLUGS = frozenset({"page", "feeds", "news", "honors"})

validate_slug_has_letter = RegexValidator(
    r"[a-z]", _("An address word needs at least one letter, so that it is not taken for a number.")
)


# A regular expression instead of a function, so that migrations import no code of this project.
validate_slug_not_reserved = RegexValidator(
    rf"^(?:{'|'.join(sorted(RESERVED_SLUGS))})\Z",
    _("This word is used by the site itself; choose another."),
    inverse_match=True,
)
