"""Rows attached to a publishable object: images, files, and references to other objects."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.library.models import Attachment, Image

from . import content as contents


class AttachedRow(models.Model):
    """An image or file shown with a publishable object. Only a release writes these rows."""

    content_keys: ClassVar[tuple[str, ...]] = ()

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        indexes = [
            models.Index(
                fields=["content_type", "object_id", "position"], name="publishing_%(class)s_of"
            )
        ]

    def as_content(self) -> dict[str, Any]:
        """Return the row as a dict, in the format of a revision's content."""
        return {key: getattr(self, contents.column(self, key).attname) for key in self.content_keys}


class AttachedPicture(AttachedRow):
    """The use of an image by an object, with alternative text, caption, credit and focal point."""

    content_keys = contents.PICTURE_KEYS

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    alt = models.CharField(_("alternative text"), max_length=300, blank=True)
    caption = models.CharField(_("caption"), max_length=300, blank=True)
    credit = models.CharField(_("credit"), max_length=100, blank=True)
    focal_x = models.PositiveSmallIntegerField(default=50, validators=[MaxValueValidator(100)])
    focal_y = models.PositiveSmallIntegerField(default=50, validators=[MaxValueValidator(100)])

    def __str__(self) -> str:
        return self.caption or self.alt or str(self.image)


class AttachedFile(AttachedRow):
    """The use of a file by an object, which offers it for download with a title of its own.

    ``name`` is the file name of the download, as it was reviewed and released.
    """

    content_keys = contents.FILE_KEYS

    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=200, blank=True)
    name = models.CharField(_("file name"), max_length=200, blank=True)

    def __str__(self) -> str:
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """The words of the link that readers see."""
        return self.title or self.name


def unsaved_rows(content: dict[str, Any]) -> dict[str, list]:
    """Build the attached rows of a content in their order, without saving them.

    Rows of unknown images and files are left out. References stay dicts.
    """
    images = Image.objects.in_bulk([row["image"] for row in content["pictures"]])
    attachments = Attachment.objects.in_bulk([row["attachment"] for row in content["files"]])
    return {
        "pictures": [
            AttachedPicture(position=position, **{**row, "image": images[row["image"]]})
            for position, row in enumerate(content["pictures"])
            if row["image"] in images
        ],
        "files": [
            AttachedFile(position=position, **{**row, "attachment": attachments[row["attachment"]]})
            for position, row in enumerate(content["files"])
            if row["attachment"] in attachments
        ],
        "references": content["references"],
    }


class ReferenceQuerySet(models.QuerySet):
    """References between objects, filtered by their source or their target."""

    def from_source(self, obj: models.Model) -> models.QuerySet:
        """Return the references whose source is the object."""
        return self.filter(source_type=ContentType.objects.get_for_model(obj), source_id=obj.pk)

    def to_target(self, obj: models.Model) -> models.QuerySet:
        """Return the references whose target is the object."""
        return self.filter(target_type=ContentType.objects.get_for_model(obj), target_id=obj.pk)


class Reference(models.Model):
    """A link from one object to another: an article reports an honour, a figure cites an article.

    References belong to the content of the source object, and its release writes them. A page shows
    a reference only while source and target are public (``references.related_links``). ``stale`` is
    true while the source quotes words that differ from the target's public words.
    """

    class Role(models.TextChoices):
        RELATED = "related", _("Related")
        REPORTS = "reports", _("Reports")
        STATES = "states", _("Figures quoted")
        STATED_IN = "stated_in", _("Stated in")

    source_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    source_id = models.PositiveBigIntegerField()
    target_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    target_id = models.PositiveBigIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    position = models.PositiveIntegerField(default=0)
    stale = models.BooleanField(default=False)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "source_type",
                "source_id",
                "target_type",
                "target_id",
                "role",
                name="publishing_one_reference",
            ),
            models.CheckConstraint(
                name="publishing_reference_role_known",
                condition=Q(role__in=("related", "reports", "states", "stated_in")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["target_type", "target_id", "-id"], name="publishing_reference_to"
            ),
            models.Index(
                fields=["source_type", "source_id"],
                condition=Q(stale=True),
                name="publishing_reference_stale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_type_id}/{self.source_id} {self.role} {self.target_id}"

    def as_content(self) -> dict[str, Any]:
        label = f"{self.target_type.app_label}.{self.target_type.model}"
        return {"role": self.role, "type": label, "id": self.target_id}
