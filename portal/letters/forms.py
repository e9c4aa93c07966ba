"""The two public forms. What they say is for somebody who writes to an office once in his life."""

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

#: Hidden from every eye and ear; programs that fill in whatever they find fill it in.
HONEYPOT = "homepage"

NO_EMAIL = gettext_lazy("This is no e-mail address. Look for the @ and the dot, or leave it empty.")
_FEWEST_FIGURES = 5
_ADDRESS = re.compile(r"(?:https?://)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


class Uncut:
    """Without ``maxlength``: a browser would silently cut off what somebody pastes."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)  # type: ignore[misc]
        attrs.pop("maxlength", None)
        return attrs


class Line(Uncut, forms.CharField):
    pass


class HalfWidth:
    """What a Chinese keyboard writes wide, as it is meant."""

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value))  # type: ignore[misc]


class PhoneLine(HalfWidth, Line):
    pass


class EmailLine(HalfWidth, Uncut, forms.EmailField):
    pass


def _name_of(host: str) -> str:
    """A host without what makes no other site of it."""
    return re.sub(r"\Awww\.|:[0-9]*\Z", "", host.lower())


def _box(autocomplete: str, **attrs: Any) -> dict[str, Any]:
    return {"autocomplete": autocomplete, **attrs}


class LetterForm(forms.Form):
    """``hosts``: the names under which this site is known."""

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
    page = Line(
        label=gettext_lazy("Which page of this site?"),
        help_text=gettext_lazy("Its address, if your letter is about a page."),
        required=False,
        widget=forms.TextInput(attrs=_box("off", inputmode="url", spellcheck="false")),
    )
    text = Line(
        label=gettext_lazy("Your letter"),
        help_text=gettext_lazy(
            "At most 5,000 characters. Please write no identity card or bank card numbers."
        ),
        max_length=5000,
        widget=forms.Textarea(attrs=_box("off", rows=10)),
        error_messages={
            "required": gettext_lazy("Write what you want to tell the court."),
            "max_length": gettext_lazy(
                "Your letter has %(show_value)d characters, at most %(limit_value)d are possible. "
                "Please shorten it."
            ),
        },
    )
    name = Line(
        label=gettext_lazy("How may we call you?"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs=_box("name")),
        error_messages={
            "max_length": gettext_lazy("This is too long for a name: at most 50 characters.")
        },
    )
    phone = PhoneLine(
        label=gettext_lazy("Your telephone"),
        required=False,
        max_length=40,
        widget=forms.TelInput(attrs=_box("tel")),
        error_messages={
            "max_length": gettext_lazy("This is too long for a telephone: at most 40 characters.")
        },
    )
    email = EmailLine(
        label=gettext_lazy("Your e-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs=_box("email")),
        error_messages={"invalid": NO_EMAIL, "max_length": NO_EMAIL},
    )

    def __init__(self, *args: Any, hosts: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts = {_name_of(host) for host in hosts} - {""}

    def clean_page(self) -> str:
        """A path; also out of what stands in a browser's address bar."""
        page = self.cleaned_data["page"]
        address = _ADDRESS.match(page)
        if address and _name_of(address[1]) in self.hosts:
            page = f"/{address[2].removeprefix('/')}"
        page = page.partition("#")[0]
        if page and not is_page(page):
            raise ValidationError(
                _("This is no page of this site. Write it like /news/12/, or leave it empty.")
            )
        return page

    def clean_phone(self) -> str:
        """Words may stand beside the figures: an extension, whose it is, when to call."""
        phone = self.cleaned_data["phone"]
        if phone and len(re.findall(r"[0-9]", phone)) < _FEWEST_FIGURES:
            raise ValidationError(
                _("Write the number in figures, with the area code, or leave it empty.")
            )
        return phone

    def problems(self) -> list[tuple[str, str]]:
        """(id of the field, or "", and what to do there): for the summary at the top."""
        found = []
        for name, errors in self.errors.items():
            field = self[name] if name in self.fields else None
            place = f"{field.auto_id}_0" if name == "kind" and field else field and field.auto_id
            found += [(place or "", str(error)) for error in errors]
        # What is wrong with the whole of it comes first.
        return sorted(found, key=lambda problem: bool(problem[0]))


def is_page(path: str) -> bool:
    """Whether it may be kept as the address of a page of this site."""
    try:
        validate_site_path(path)
    except ValidationError:
        return False
    return len(path) <= 500


class NumberForm(forms.Form):
    number = Line(
        label=gettext_lazy("Your receipt number"),
        help_text=gettext_lazy("Twenty figures, such as 20260105-1234-1234-1234."),
        widget=forms.TextInput(attrs=_box("off", inputmode="numeric", spellcheck="false")),
        error_messages={"required": gettext_lazy("Write the number that you were given.")},
    )
