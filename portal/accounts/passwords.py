"""Password validator for staff accounts."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.accounts.models import User


class CharacterClassValidator:
    """Validator that requires characters of at least three of four classes (standard S1)."""

    def __init__(self, minimum_classes: int = 3) -> None:
        self.minimum_classes = minimum_classes

    def validate(self, password: str, user: User | None = None) -> None:
        if len({_character_class(character) for character in password}) < self.minimum_classes:
            raise ValidationError(self.get_help_text(), code="password_too_uniform")

    def get_help_text(self) -> str:
        return _(
            "The password must mix at least %(wanted)d of these: capital letters, small letters, "
            "digits, other signs."
        ) % {"wanted": self.minimum_classes}


def _character_class(character: str) -> str:
    category = unicodedata.category(character)
    return {"Lu": "capital", "Ll": "small", "Nd": "digit"}.get(category, "other")
