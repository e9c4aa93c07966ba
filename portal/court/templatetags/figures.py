"""How figures are set."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_NUMERAL = re.compile(r"[0-9][0-9,.]*[%‰‱]?")


@register.filter
def numerals(printed: object) -> SafeString:
    """A printed figure whose digits can be set larger than the words around them."""
    # Safe: the text is escaped first; escapes that hold digits (&#x27;) are parted off.
    parts = re.split(r"(&[#a-zA-Z0-9]+;)", escape(str(printed)))
    digits = r'<span class="numeral">\g<0></span>'
    return mark_safe(
        "".join(part if part.startswith("&") else _NUMERAL.sub(digits, part) for part in parts)
    )
