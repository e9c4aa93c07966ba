"""The two public forms: the form that sends a letter, and the form that looks up its answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.site.models import validate_site_path

from .states import Kind

#: Name of a field that is hidden from people, also from screen readers; only bots fill it in.
HONEYPOT = "homepage"

NO_EMAIL = gettext_lazy("This is no e-mail address. Look for the @ and the dot, or leave it empty.")
_MIN_DIGITS = 5
_ADDRESS = re.compile(r"(?:https?://)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


class NoMaxLengthAttribute:
    """Field mixin without the ``maxlength`` attribute: browsers silently cut pasted text to it."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)  # type: ignore[misc]
        attrs.pop("maxlength", None)
        return attrs


class TextField(NoMaxLengthAttribute, forms.CharField):
    pass


class HalfWidth:
    """Field mixin that converts the full-width characters of Chinese keyboards to ASCII (NFKC)."""

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value))  # type: ignore[misc]


class PhoneField(HalfWidth, TextField):
    pass


class EmailField(HalfWidth, NoMaxLengthAttribute, forms.EmailField):
    pass


def _normalise_host(host: str) -> str:
    """Return the host name in lower case, without its port and a leading ``www.``."""
    return re.sub(r"\Awww\.|:[0-9]*\Z", "", host.lower())


class LetterForm(forms.Form):
    """The form of a letter. ``hosts`` are the host names of this site.

    A URL with one of these hosts that was pasted into the field ``page`` is accepted as a path.
    """

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[
            (Kind.ERROR, gettext_lazy("An error on this site")),
            (Kind.QUESTION, gettext_lazy("A question to the court")),
            (Kind.SUGGESTION, gettext_lazy("A suggestion")),
            (Kind.COMPLAINT, gettext_lazy("A complaint")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what your letter is about."),
            "invalid_choice": gettext_lazy("Choose what your letter is about."),
        },
    )
    page = TextField(
        label=gettext_lazy("Which page of this site?"),
        help_text=gettext_lazy("Its address, if your letter is about a page."),
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}
        ),
    )
    text = TextField(
        label=gettext_lazy("Your letter"),
        help_text=gettext_lazy(
            "At most 5,000 characters. Please write no identity card or bank card numbers."
        ),
        max_length=5000,
        widget=forms.Textarea(attrs={"autocomplete": "off", "rows": 10}),
        error_messages={
            "required": gettext_lazy("Write what you want to tell the court."),
            "max_length": gettext_lazy(
                "Your letter has %(show_value)d characters, at most %(limit_value)d are possible. "
                "Please shorten it."
            ),
        },
    )
    name = TextField(
        label=gettext_lazy("How may we call you?"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "max_length": gettext_lazy("This is too long for a name: at most 50 characters.")
        },
    )
    phone = PhoneField(
        label=gettext_lazy("Your telephone"),
        required=False,
        max_length=40,
        widget=forms.TelInput(attrs={"autocomplete": "tel"}),
        error_messages={
            "max_length": gettext_lazy("This is too long for a telephone: at most 40 characters.")
        },
    )
    email = EmailField(
        label=gettext_lazy("Your e-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": NO_EMAIL, "max_length": NO_EMAIL},
    )

    def __init__(self, *args: Any, hosts: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts = {_normalise_host(host) for host in hosts} - {""}

    def clean_page(self) -> str:
        """Return the path of a page of this site, also from a full URL; remove the fragment."""
        page = self.cleaned_data["page"]
        address = _ADDRESS.match(page)
        if address and _normalise_host(address[1]) in self.hosts:
            page = f"/{address[2].removeprefix('/')}"
        page = page.partition("#")[0]
        if page and not is_page(page):
            raise ValidationError(
                _("This is no page of this site. Write it like /news/12/, or leave it empty.")
            )
        return page

    def clean_phone(self) -> str:
        """Require some digits, but allow other text, such as an extension or the time to call."""
        phone = self.cleaned_data["phone"]
        if phone and len(re.findall(r"[0-9]", phone)) < _MIN_DIGITS:
            raise ValidationError(
                _("Write the number in figures, with the area code, or leave it empty.")
            )
        return phone

    def problems(self) -> list[tuple[str, str]]:
        """Return (element id or "", message) of each error, for the summary above the form.

        The id is "" for an error that belongs to no field.
        """
        found = []
        for name, errors in self.errors.items():
            field = self[name] if name in self.fields else None
            target = f"{field.auto_id}_0" if name == "kind" and field else field and field.auto_id
            found += [(target or "", str(error)) for error in errors]
        # Errors that belong to no field come first.
        return sorted(found, key=lambda problem: bool(problem[0]))


def is_page(path: str) -> bool:
    """Return whether a text is a valid path of this site and fits into ``Letter.page``."""
    try:
        validate_site_path(path)
    except ValidationError:
        return False
    return len(path) <= 500


class NumberForm(forms.Form):
    number = TextField(
        label=gettext_lazy("Your receipt number"),
        help_text=gettext_lazy("Twenty figures, such as 20260105-1234-1234-1234."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": gettext_lazy("Write the number that you were given.")},
    )
