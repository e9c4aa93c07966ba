"""Models of the site settings, the links to other sites, and the redirects of the former site."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import legacy_urls

# Fields that identify a public body's site (standard F1). They must be filled in before the site
# goes live.
IDENTIFICATION = (
    "name",
    "domain",
    "site_id_code",
    "icp_number",
    "police_number",
    "sponsor",
    "address",
    "phone",
)
_complete = Q(*(~Q(**{field: ""}) for field in IDENTIFICATION))


class SiteSettings(models.Model):
    """Name, identification and postal address of the site, in a single row."""

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(
        _("site name"),
        max_length=100,
        blank=True,
        help_text=_("The court's full name. Stands in the masthead and in every page's title."),
    )
    short_name = models.CharField(
        _("short name"),
        max_length=50,
        blank=True,
        help_text=_("Used where the full name has no room."),
    )
    name_en = models.CharField(
        _("site name in English"),
        max_length=150,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    domain = models.CharField(
        _("domain"),
        max_length=253,
        blank=True,
        validators=[
            RegexValidator(
                r"\A(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*"
                r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z",
                _("Write the bare domain in lower case, such as www.example.gov.cn."),
            )
        ],
        help_text=_("The bare domain, without http:// and without a path."),
    )
    site_id_code = models.CharField(
        _("site identification code"),
        max_length=20,
        blank=True,
        help_text=_("As issued for the site. Stands in the footer and in every page's head."),
    )
    mark_url = models.URLField(
        _("address of the mark"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_(
            "Where the office that issued the mark of a public body's site (党政机关网站标识) "
            "shows it. The mark in the footer leads there. May stay empty."
        ),
    )
    icp_number = models.CharField(
        _("ICP filing number"), max_length=50, blank=True, help_text=_("Stands in the footer.")
    )
    police_number = models.CharField(
        _("public security filing number"),
        max_length=50,
        blank=True,
        help_text=_("Stands in the footer."),
    )
    sponsor = models.CharField(
        _("sponsor"), max_length=100, blank=True, help_text=_("The body that answers for the site.")
    )
    sponsor_en = models.CharField(_("sponsor in English"), max_length=150, blank=True)
    organiser = models.CharField(
        _("organiser"),
        max_length=100,
        blank=True,
        help_text=_("The department that runs it day by day. May stay empty."),
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    address_en = models.CharField(_("address in English"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    phone = models.CharField(
        _("telephone"), max_length=50, blank=True, help_text=_("The number the public may call.")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("One or two sentences that search engines show below the site's name."),
    )
    description_en = models.CharField(_("description in English"), max_length=300, blank=True)
    keywords = models.CharField(
        _("keywords"), max_length=200, blank=True, help_text=_("Separated by commas.")
    )
    is_live = models.BooleanField(
        _("the site is live"),
        default=False,
        help_text=_("Tick this when the site opens. Every identification field must be filled in."),
    )

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="site_settings_is_one_row"),
            models.CheckConstraint(
                condition=Q(is_live=False) | _complete,
                name="site_live_is_identified",
                violation_error_message=_("A live site needs every identification field."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("site settings"))

    def clean(self) -> None:
        """Refuse to set the site live while identification fields are empty, and name them."""
        for field in IDENTIFICATION:
            setattr(self, field, getattr(self, field).strip())
        missing = self.missing_identification()
        if self.is_live and missing:
            names = str(_(", ")).join(field_label(field) for field in missing)
            message = _("The site cannot be live yet. Fill in first: %(fields)s.")
            raise ValidationError({"is_live": ValidationError(message, params={"fields": names})})

    @classmethod
    def load(cls) -> "SiteSettings":
        """Return the settings, or unsaved empty ones if there is no row; one database query."""
        return cls.objects.filter(pk=1).first() or cls()

    def is_ours(self, source: str) -> bool:
        """Return whether the source of an article is one of this court's names.

        The names are the full name, also without the city before it (梨树区人民法院), the short
        name, and the English name, also without the city after it.
        """
        names = {self.name, self.short_name, self.name_en, self.name_en.partition(",")[0]} - {""}
        is_tail = self.name.endswith(source) and len(source) > len("人民法院")
        return source in names or is_tail

    def missing_identification(self) -> list[str]:
        """Return the names of the identification fields that are still empty."""
        return [field for field in IDENTIFICATION if not getattr(self, field)]


def field_label(field: str) -> str:
    """Return the verbose name of a field of the site settings."""
    return str(getattr(SiteSettings._meta.get_field(field), "verbose_name", field))


class FriendlyLink(models.Model):
    """A link to another site, which the home page shows."""

    class Group(models.TextChoices):
        DISCLOSURE = "disclosure", _("Judicial openness platform")
        SERVICE = "service", _("Litigation service")
        FRIEND = "friend", _("Friendly link")

    group = models.CharField(
        _("group"),
        max_length=20,
        choices=Group,
        default=Group.FRIEND,
        help_text=_("Decides where on the home page the link stands."),
    )
    title = models.CharField(_("title"), max_length=100)
    url = models.URLField(
        _("address"),
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("With https:// or http:// in front."),
    )
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("One line that says what the reader finds there."),
    )
    title_en = models.CharField(
        _("title in English"),
        max_length=150,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    description_en = models.CharField(_("description in English"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Smaller numbers stand first.")
    )

    class Meta:
        verbose_name = _("friendly link")
        verbose_name_plural = _("friendly links")
        ordering = ["group", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group__in=["disclosure", "service", "friend"]),
                name="site_link_group_is_known",
            ),
            models.UniqueConstraint(
                fields=["group", "url"],
                name="site_link_once_per_group",
                violation_error_message=_("This group has a link to this address already."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


#: Accepts a path of this site, optionally with a query string; refuses URLs of other hosts.
validate_site_path = RegexValidator(
    r"^/(?![/\\])[^\s\\#\x00-\x1f\x7f]*\Z",
    _("Write a path of this site that begins with one slash, such as /news/12/."),
)


class RedirectQuerySet(models.QuerySet["Redirect"]):
    """QuerySet of redirects from URLs of the former site."""

    def for_path(self, path: str) -> "Redirect | None":
        """Return the redirect of a path with its query string, or None; one indexed query."""
        keys = legacy_urls.lookup_keys(path)
        found = {row.key: row for row in self.filter(key__in=keys)}
        return next((found[each] for each in keys if each in found), None)


class Redirect(models.Model):
    """A redirect of a URL of the former site, in any spelling, to a path of this site."""

    old_path = models.CharField(
        _("old path"),
        max_length=500,
        unique=True,
        validators=[validate_site_path],
        help_text=_("Path and query as visitors still use them: /public/detail.php?id=12"),
        error_messages={"unique": _("This old path leads somewhere already. Change that one.")},
    )
    new_path = models.CharField(
        _("new path"),
        max_length=500,
        validators=[validate_site_path],
        help_text=_("A path of this site: /news/12/"),
    )
    #: Digest of the normalised old path, by which redirects are found
    #: (``legacy_urls.lookup_key``).
    key = models.CharField(max_length=64, unique=True, editable=False)

    objects = RedirectQuerySet.as_manager()

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ["old_path"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_path=F("new_path")),
                name="site_redirect_leads_elsewhere",
                violation_error_message=_("The old and the new path are the same."),
            ),
            models.CheckConstraint(
                condition=Q(new_path__startswith="/") & ~Q(new_path__startswith="//"),
                name="site_redirect_stays_here",
            ),
        ]

    def __str__(self) -> str:
        return self.old_path

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = legacy_urls.lookup_key(self.old_path)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "key"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a second redirect of the same URL, and a redirect that completes a loop."""
        self.key = legacy_urls.lookup_key(self.old_path)
        others = Redirect.objects.exclude(pk=self.pk)
        if others.filter(key=self.key).exists():
            raise ValidationError(
                {"old_path": _("This old path leads somewhere already. Change that one.")}
            )
        seen = {self.key}
        path = self.new_path
        while legacy_urls.lookup_key(path) not in seen:
            seen.add(legacy_urls.lookup_key(path))
            redirect = others.for_path(path)
            if redirect is None:
                return
            path = redirect.new_path
        raise ValidationError(
            {"new_path": _("This redirect leads back to its own old path. Choose another target.")}
        )
