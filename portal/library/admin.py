"""Admin of the library. Files are never deleted; files that are no longer wanted are hidden."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portal.accounts.admin import AuditedAdmin
from portal.accounts.keyset_admin import DateByIdFilter
from portal.accounts.models import User
from portal.library.actions import set_hidden
from portal.library.cleaned_copies import add_cleaned_copy
from portal.library.descriptions import save_description
from portal.library.forms import AttachmentUploadForm, ImageUploadForm, UploadForm
from portal.library.models import Attachment, Image, MediaFile
from portal.library.querysets import MediaFileQuerySet
from portal.library.rules import EDITORS, VIEWERS, may_upload, may_withdraw
from portal.library.waiting import proposal_url, waiting_pages
from portal.library.withdrawal_views import withdrawal

MAX_LISTED_USES = 20
#: Maximum number of waiting pages that the form of a file lists.
MAX_LISTED = 200


class MediaFileAdmin(AuditedAdmin):
    """Shared options of the admins of images and attachments."""

    view_roles = VIEWERS
    edit_roles = EDITORS

    change_form_template = "admin/library/change_form.html"
    add_form: type[UploadForm]
    list_per_page = 50
    list_select_related = ("uploader",)
    sortable_by = ()
    month_field = "created_at"

    class Media:
        css = {"all": ["css/admin-library.css"]}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(withdrawal, self))
        name = f"{self.opts.app_label}_{self.opts.model_name}_withdrawal"
        return [path("<int:pk>/withdrawal/", view, name=name), *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read an uploaded file before Django opens the transaction of the form.

        Reading takes time and may wait for a decoder; meanwhile others must be able to write.
        """
        file = request.FILES.get("upload") if request.method == "POST" else None
        if file and self.has_add_permission(request):
            prepared: MediaFile | ValidationError
            try:
                prepared = self.add_form.prepare(file=file, by=cast(User, request.user))
            except ValidationError as error:
                prepared = error
            request.prepared_upload = prepared  # type: ignore[attr-defined]
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        obj = self.get_object(request, object_id)
        if obj and may_upload(request.user):
            context["proposal_url"] = proposal_url(obj)
        if may_withdraw(request.user) and object_id.isdecimal():
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_withdrawal"
            context["withdrawal_url"] = reverse(name, args=[int(object_id)])
        return super().change_view(request, object_id, form_url, context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        if obj is None and self.has_add_permission(request):
            prepared = getattr(request, "prepared_upload", None)
            return type("UploadForm", (self.add_form,), {"by": request.user, "prepared": prepared})
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
        """Save the description and ``hidden`` by their own functions; readers see no change.

        A new file needs nothing: its form has already saved it.
        """
        if not change:
            return
        save_description(obj)
        if "hidden" in form.changed_data:
            set_hidden(media_file=obj, hidden=obj.hidden, by=cast(User, request.user))
        if count := len(waiting_pages(obj)):
            message = ngettext(
                "Readers see no change yet: %(count)s public page waits for a release.",
                "Readers see no change yet: %(count)s public pages wait for a release.",
                count,
            )
            self.message_user(request, message % {"count": count}, messages.WARNING)

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
        if obj.is_withdrawn:
            return gettext("withdrawn")
        return gettext("out of use") if obj.hidden else ""

    @admin.display(description=_("used in public by"))
    def public_uses(self, obj: Any) -> str:
        """List the public objects that would lose this file if it were withdrawn."""
        uses = obj.public_uses.select_related("owner_type").order_by("-pk")
        names = [str(use.owner) for use in uses[:MAX_LISTED_USES].prefetch_related("owner")]
        if not names:
            return gettext("nothing")
        return format_html_join("", "<div>{}</div>", ((name,) for name in names))

    @admin.display(description=_("waiting for a release"))
    def waiting(self, obj: Any) -> str:
        """List the public pages that still show what the library has changed since."""
        pages = waiting_pages(obj)
        if not pages:
            return gettext("nothing")
        lines = format_html_join(
            "",
            '<div><a href="{}">{}</a>: {}</div>',
            ((each.admin_url, each.obj, " ".join(each.reasons)) for each in pages[:MAX_LISTED]),
        )
        if len(pages) <= MAX_LISTED:
            return lines
        more = gettext("and %(count)s more") % {"count": len(pages) - MAX_LISTED}
        return format_html("{}<div>{}</div>", lines, more)


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
        "waiting",
        "uploader",
        "created_at",
        "digest",
    )
    readonly_fields = (
        "focal_point",
        "facts",
        "public_uses",
        "waiting",
        "uploader",
        "created_at",
        "digest",
    )

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
        "findings",
        "cleaning",
        "cleaned_from",
        "title",
        "name",
        "hidden",
        "public_uses",
        "waiting",
        "size_display",
        "uploader",
        "created_at",
        "digest",
    )
    readonly_fields = (
        "download",
        "findings",
        "cleaning",
        "cleaned_from",
        "public_uses",
        "waiting",
        "size_display",
        "uploader",
        "created_at",
        "digest",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; the button to clean a file is only for those who may."""
        fields = super().get_fields(request, obj)
        return fields if may_upload(request.user) else [f for f in fields if f != "cleaning"]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_POST(self.clean_view))
        return [
            path("<int:pk>/clean/", view, name="library_attachment_clean"),
            *super().get_urls(),
        ]

    def clean_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a cleaned copy of an attachment, and show it."""
        attachment = get_object_or_404(Attachment, pk=pk)
        try:
            copy = add_cleaned_copy(attachment=attachment, by=cast(User, request.user))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            copy = attachment
        else:
            self.message_user(
                request,
                _(
                    "This is the cleaned copy; its visible text is the same. Use it in articles "
                    "in place of the other file."
                ),
                messages.SUCCESS,
            )
        return HttpResponseRedirect(reverse("admin:library_attachment_change", args=[copy.pk]))

    @admin.display(description=_("hidden content"))
    def findings(self, obj: Attachment) -> str:
        """Show what is hidden in the file, and the cleaned copies."""
        if not obj.findings_text:
            return gettext("nothing")
        lines = [(obj.findings_text,)]
        if reasons := obj.obstacles_text:
            lines.append(
                (gettext("No cleaned copy can be made. %(reason)s") % {"reason": reasons},)
            )
        return format_html(
            "{}{}",
            format_html_join("", "<div>{}</div>", lines),
            format_html_join(
                "",
                '<div><a href="{}">{}</a></div>',
                (
                    (
                        reverse("admin:library_attachment_change", args=[copy.pk]),
                        gettext("cleaned copy: no. %(number)s") % {"number": copy.pk},
                    )
                    for copy in obj.cleaned_copies.order_by("pk")
                ),
            ),
        )

    @admin.display(description="")
    def cleaning(self, obj: Attachment) -> str:
        """Show the button that makes a cleaned copy."""
        if not obj.findings_text or (obj.examination or {}).get("obstacles"):
            return ""
        # The button belongs to the form of the page, which also holds the CSRF token.
        return format_html(
            '<button type="submit" class="button" formaction="{}" formnovalidate>{}</button>',
            reverse("admin:library_attachment_clean", args=[obj.pk]),
            gettext("Make a cleaned copy"),
        )

    @admin.display(description=_("file"))
    def download(self, obj: Attachment) -> str:
        return format_html('<a href="{}" download>{}</a>', obj.private_url, obj.name)
