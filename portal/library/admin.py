"""Admin of the library. Files are never deleted; files that are no longer wanted are hidden."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin import AuditedAdmin
from portal.accounts.keyset_admin import DateByIdFilter
from portal.accounts.models import User
from portal.library.actions import set_hidden
from portal.library.forms import AttachmentUploadForm, ImageUploadForm
from portal.library.models import Attachment, Image, MediaFile
from portal.library.querysets import MediaFileQuerySet
from portal.library.rules import EDITORS, VIEWERS
from portal.library.signals import description_changed

MAX_LISTED_USES = 20


class MediaFileAdmin(AuditedAdmin):
    """Shared options of the admins of images and attachments."""

    view_roles = VIEWERS
    edit_roles = EDITORS

    add_form: type[ModelForm]
    list_per_page = 50
    list_select_related = ("uploader",)
    sortable_by = ()
    month_field = "created_at"

    class Media:
        css = {"all": ["css/admin-library.css"]}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        if obj is None and self.has_add_permission(request):
            return type("UploadForm", (self.add_form,), {"by": request.user})
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return list(self.add_form.base_fields)
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search the same fields as the window in which editors choose files."""
        return cast(MediaFileQuerySet, queryset).matching(search_term), False

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        """Save changed fields; change ``hidden`` by the action ``set_hidden``, which also logs it.

        A new file needs nothing: its form has already saved it.
        """
        if not change:
            return
        hidden = obj.hidden
        if "hidden" in form.changed_data:
            obj.hidden = not hidden
        super().save_model(request, obj, form, change)
        # set_hidden() and the signal each invalidate the stored pages, which may happen only one
        # time in a transaction. If both kinds of fields changed, set_hidden() invalidates, because
        # it changes more rows before the invalidation.
        if "hidden" in form.changed_data:
            set_hidden(media_file=obj, hidden=hidden, by=cast(User, request.user))
        elif form.changed_data:
            description_changed.send(sender=type(obj), media_file=obj)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log nothing: the action that adds a file has logged the addition already."""

    def response_add(
        self, request: HttpRequest, obj: MediaFile, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.is_new:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(
            request,
            _("This file was in the library already. Here it is; nothing was added."),
            messages.INFO,
        )
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(f"admin:{name}", args=[obj.pk]))

    @admin.display(description=_("size"))
    def size_display(self, obj: MediaFile) -> str:
        return filesizeformat(obj.size)

    @admin.display(description="")
    def status(self, obj: MediaFile) -> str:
        return gettext("out of use") if obj.hidden else ""

    @admin.display(description=_("used in public by"))
    def public_uses(self, obj: Any) -> str:
        """List the public objects that would lose this file if it were hidden."""
        uses = obj.public_uses.select_related("owner_type").order_by("-pk")
        names = [str(use.owner) for use in uses[:MAX_LISTED_USES].prefetch_related("owner")]
        if not names:
            return gettext("nothing")
        return format_html_join("", "<div>{}</div>", ((name,) for name in names))


@admin.register(Image)
class ImageAdmin(MediaFileAdmin):
    add_form = ImageUploadForm
    list_display = ("thumbnail", "name", "alt", "credit", "uploader", "created_at", "status")
    list_display_links = ("thumbnail", "name")
    list_filter = ("hidden", ("created_at", DateByIdFilter))
    search_fields = ("title", "alt", "credit")
    fields = (
        "focal_point",
        ("focal_x", "focal_y"),
        "title",
        "alt",
        "credit",
        "hidden",
        "facts",
        "public_uses",
        "uploader",
        "created_at",
        "digest",
    )
    readonly_fields = ("focal_point", "facts", "public_uses", "uploader", "created_at", "digest")

    class Media:
        js = [Script("js/admin/library-focus.js", type="module")]

    @admin.display(description="")
    def thumbnail(self, obj: Image) -> str:
        return format_html(
            '<img class="library-thumb" src="{}" alt="" width="96" height="64" loading="lazy">',
            obj.thumbnail_url,
        )

    @admin.display(description=_("title"))
    def name(self, obj: Image) -> str:
        return str(obj)

    @admin.display(description=_("picture"))
    def focal_point(self, obj: Image) -> str:
        """Show the image; a click on it sets the focal point (library-focus.js)."""
        return format_html(
            '<div class="focal-picture" data-focal-point><img src="{}" alt="{}"></div>'
            '<div class="help">{}</div>',
            obj.editor_url,
            obj.alt,
            _("Click the point that must stay visible where the picture is cropped."),
        )

    @admin.display(description=_("file"))
    def facts(self, obj: Image) -> str:
        return f"{obj.get_format_display()}, {obj.width} × {obj.height}, {filesizeformat(obj.size)}"


@admin.register(Attachment)
class AttachmentAdmin(MediaFileAdmin):
    add_form = AttachmentUploadForm
    list_display = ("__str__", "name", "kind", "size_display", "uploader", "created_at", "status")
    list_filter = ("kind", "hidden", ("created_at", DateByIdFilter))
    search_fields = ("title", "name")
    fields = (
        "download",
        "title",
        "name",
        "hidden",
        "public_uses",
        "size_display",
        "uploader",
        "created_at",
        "digest",
    )
    readonly_fields = (
        "download",
        "public_uses",
        "size_display",
        "uploader",
        "created_at",
        "digest",
    )

    @admin.display(description=_("file"))
    def download(self, obj: Attachment) -> str:
        return format_html('<a href="{}" download>{}</a>', obj.private_url, obj.name)
