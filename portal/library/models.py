"""The library: images, attachments, and the records of the public objects that use them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library import file_names, file_urls
from portal.library.hidden_content import messages
from portal.library.querysets import MediaFileQuerySet

SHORT_DIGEST_LENGTH = 12


def _withdrawal_has_reason(kind: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(withdrawn_at__isnull=True, notice="")
        | (Q(withdrawn_at__isnull=False) & ~Q(notice="")),
        name=f"library_{kind}_withdrawal_has_reason",
    )


class MediaFile(models.Model):
    """A file of the library. Only ``actions`` creates rows; files are never changed or deleted.

    The descriptive fields are proposals: what readers see was copied into the content of a revision
    and released with it. Files that are no longer wanted are hidden by ``actions.set_hidden``,
    which changes no public page. Only ``withdrawal`` takes a file off the public pages at once, and
    changes ``withdrawn_at`` and ``notice``.
    """

    #: The descriptive fields whose former values ``FormerDescription`` keeps.
    described_fields: ClassVar[tuple[str, ...]] = ("title",)

    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    upload_digest = models.CharField(max_length=64, db_index=True, editable=False)
    file = models.FileField(_("file"), max_length=120, editable=False)
    size = models.PositiveBigIntegerField(_("size"), editable=False)
    title = models.CharField(
        _("title"),
        max_length=200,
        blank=True,
        help_text=_("What colleagues find it by. Readers don't see it with a picture."),
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("uploaded by"),
        editable=False,
    )
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    hidden = models.BooleanField(
        _("out of use"),
        default=False,
        help_text=_(
            "It is offered to nobody any more. Public pages that use it keep it until their next "
            "release; to take it off them at once, withdraw it."
        ),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    notice = models.CharField(
        _("public reason"), max_length=300, blank=True, editable=False, default=""
    )

    objects = MediaFileQuerySet.as_manager()

    #: True if the upload that returned this instance has created its row; set by ``actions``.
    is_new = False

    class Meta:
        abstract = True
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="library_%(class)s_by_age"),
            models.Index(
                # The index is partial, because SQLite uses no index on a bare boolean column.
                fields=["-id"],
                condition=Q(hidden=True),
                name="library_%(class)s_hidden",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.digest[:SHORT_DIGEST_LENGTH]

    @property
    def is_withdrawn(self) -> bool:
        """Whether readers see a notice in place of the file."""
        return self.withdrawn_at is not None

    @property
    def public_file_names(self) -> list[str]:
        """The names of the files in the public storage while a public object uses this file."""
        return []


class Image(MediaFile):
    """An image: upright, without metadata, with renditions in the widths that pages need."""

    class Format(models.TextChoices):
        JPEG = "jpeg", "JPEG"
        PNG = "png", "PNG"

    described_fields = ("title", "alt", "credit", "focal_x", "focal_y")

    format = models.CharField(_("format"), max_length=4, choices=Format, editable=False)
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    widths = models.JSONField(default=list, editable=False)
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_(
            "What the picture shows, in a sentence, for readers who can't see it. It is proposed "
            "wherever the picture is used."
        ),
    )
    credit = models.CharField(
        _("credit"),
        max_length=100,
        blank=True,
        help_text=_("Who took or drew it. It is proposed wherever the picture is used."),
    )
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, from the left (%)"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, from the top (%)"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )

    class Meta(MediaFile.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.CheckConstraint(
                condition=Q(format__in=["jpeg", "png"]), name="library_image_format_known"
            ),
            models.CheckConstraint(
                condition=Q(focal_x__range=(0, 100), focal_y__range=(0, 100)),
                name="library_image_focal_point_inside",
            ),
            models.CheckConstraint(
                condition=Q(width__gte=1, height__gte=1), name="library_image_has_size"
            ),
            _withdrawal_has_reason("image"),
        ]

    @property
    def public_file_names(self) -> list[str]:
        return [
            file_names.rendition(self.digest, width, suffix)
            for width in self.widths
            for suffix in file_names.RENDITION_SUFFIXES
        ]

    @property
    def thumbnail_url(self) -> str:
        """The signed URL of the smallest rendition, for lists in the admin."""
        return self._signed_rendition_url(min(self.widths))

    @property
    def editor_url(self) -> str:
        """The signed URL of a rendition as wide as the text column, for the rich-text editor."""
        return self._signed_rendition_url(
            max((w for w in self.widths if w <= 960), default=min(self.widths))
        )

    def _signed_rendition_url(self, width: int) -> str:
        return file_urls.signed_url(file_names.rendition(self.digest, width, "webp"), self.pk)


class Attachment(MediaFile):
    """A document (PDF, Word, Excel, PowerPoint) that readers can download."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        DOCX = "docx", "Word"
        XLSX = "xlsx", "Excel"
        PPTX = "pptx", "PowerPoint"

    described_fields = ("title", "name")

    name = models.CharField(
        _("file name"),
        max_length=200,
        help_text=_(
            "The name readers get when they download it. A new name reaches a public page with the "
            "page's next release."
        ),
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind, editable=False)

    #: What is hidden in the file and why no cleaned copy can be made (``hidden_content.process``);
    #: None if the file has not been examined. The digest identifies what was examined.
    examination = models.JSONField(null=True, editable=False)
    cleaned_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="cleaned_copies",
        verbose_name=_("cleaned copy of"),
    )

    class Meta(MediaFile.Meta):
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["pdf", "docx", "xlsx", "pptx"]),
                name="library_attachment_kind_known",
            ),
            _withdrawal_has_reason("attachment"),
        ]
        indexes = [
            *MediaFile.Meta.indexes,
            models.Index(fields=["kind", "-id"], name="library_attachment_by_kind"),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def public_file_names(self) -> list[str]:
        return [file_names.attachment(self.digest, self.kind)]

    @property
    def findings_text(self) -> str:
        """What is hidden in the file, in words; '' if nothing is."""
        if self.examination is None:
            return gettext("not examined yet")
        return messages.describe_findings(self.examination["found"])

    @property
    def obstacles_text(self) -> str:
        """Sentences that say why no cleaned copy can be made; '' if one can or is not needed."""
        return messages.describe_obstacles((self.examination or {}).get("obstacles", []))

    @property
    def private_url(self) -> str:
        """The signed URL at which staff can download the document."""
        return file_urls.signed_url(file_names.attachment(self.digest, self.kind))


class PublicUse(models.Model):
    """Record that a public object uses an image or attachment.

    Only ``actions.set_public_uses`` writes rows. ``name`` is the file name that was released with
    the object, under which its readers download the attachment.
    """

    owner_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    owner_id = models.PositiveBigIntegerField()
    owner = GenericForeignKey("owner_type", "owner_id")
    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, null=True, blank=True, related_name="public_uses"
    )
    attachment = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="public_uses"
    )
    name = models.CharField(_("file name"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("public use")
        verbose_name_plural = _("public uses")
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=False, attachment__isnull=True)
                | Q(image__isnull=True, attachment__isnull=False),
                name="library_use_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["owner_type", "owner_id", "image"],
                condition=Q(image__isnull=False),
                name="library_image_used_once_by_owner",
            ),
            models.UniqueConstraint(
                fields=["owner_type", "owner_id", "attachment"],
                condition=Q(attachment__isnull=False),
                name="library_attachment_used_once_by_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_type_id}/{self.owner_id}: {self.image or self.attachment}"


class FormerDescription(models.Model):
    """A value that a descriptive field of an image or attachment had before a change.

    Only ``descriptions`` writes rows. By them the library knows which public pages still show a
    value that it has changed since.
    """

    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, null=True, blank=True, related_name="former_descriptions"
    )
    attachment = models.ForeignKey(
        Attachment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="former_descriptions",
    )
    field = models.CharField(max_length=20)
    value = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=False, attachment__isnull=True)
                | Q(image__isnull=True, attachment__isnull=False),
                name="library_former_description_of_one_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"


class MediaSyncTask(models.Model):
    """Record that the public storage must still be updated for an image or attachment.

    It is created in the transaction that changes whether the file is public, and deleted by
    ``media_sync.process_sync_tasks`` after the update. If a process dies in between, the next run
    updates the storage.
    """

    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    attachment = models.ForeignKey(
        Attachment, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=False, attachment__isnull=True)
                | Q(image__isnull=True, attachment__isnull=False),
                name="library_sync_task_of_one_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.image_id or self.attachment_id}"
