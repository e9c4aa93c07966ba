"""A template filter that marks the digits of a printed figure."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_NUMERAL = re.compile(r"[0-9][0-9,.]*[%‰‱]?")


@register.filter
def numerals(printed: object) -> SafeString:
    """Wrap the digits of a printed figure in <span class="numeral">, which CSS enlarges."""
    # The result is safe, because the text is escaped first. Character references such as &#x27; are
    # left unchanged.
    parts = re.split(r"(&[#a-zA-Z0-9]+;)", escape(str(printed)))
    digits = r'<span class="numeral">\g<0></span>'
    return mark_safe(
        "".join(part if part.startswith("&") else _NUMERAL.sub(digits, part) for part in parts)
    )
