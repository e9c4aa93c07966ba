"""Forms of the rows in the JSON columns of the court's models (``publishing.fields.RowsField``)."""

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdeaKind(models.TextChoices):
    SLOGAN = "slogan", _("Slogan")
    IDEA = "idea", _("Idea")
    PROGRAMME = "programme", _("Programme")
    ACTIVITY = "activity", _("Activity")


class PhoneRow(forms.Form):
    """A telephone number and its purpose."""

    name = forms.CharField(label=_("for"), max_length=40)
    number = forms.CharField(label=_("telephone"), max_length=40)


class IdeaRow(forms.Form):
    """A slogan, idea, programme or activity of the court."""

    kind = forms.ChoiceField(label=_("kind"), choices=[("", "—"), *IdeaKind.choices])
    text = forms.CharField(label=_("words"), max_length=100)
    note = forms.CharField(label=_("note"), max_length=200, required=False)


class HigherCourtRow(forms.Form):
    """A court above this court, with its full and its short name."""

    short_name = forms.CharField(label=_("short name"), max_length=40)
    name = forms.CharField(label=_("full name of the court"), max_length=80)


class PostRow(forms.Form):
    """A post with its printed dates; an empty ``until`` means that it is held today."""

    title = forms.CharField(label=_("post"), max_length=60)
    since = forms.CharField(label=_("since"), max_length=40, required=False)
    until = forms.CharField(label=_("until"), max_length=40, required=False)
