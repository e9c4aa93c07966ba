"""Admin pages about an object's versions: history, differences, restore, the approval form."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from portal.accounts.rules import current_user
from portal.audit import labels
from portal.audit.models import Entry
from portal.http.parameters import parse_number

from . import actions, diff, references, rules
from .actions import VersionToken
from .admin_base import PublishableAdminBase
from .admin_context import admin_context, plain_fields, rich_fields
from .errors import Refused
from .models import Publishable, Revision, Snapshot
from .review_views import report_refusal
from .rules import Action


def history(admin: PublishableAdminBase, request: HttpRequest, obj: Publishable) -> HttpResponse:
    """List the audit entries and all stored versions of an object."""
    # The contents are not loaded, because an object may have hundreds of versions.
    snapshots = Snapshot.objects.defer("content").select_related("saved_by")
    revisions = list(
        obj.revisions.order_by("-number")
        .defer("content")
        .prefetch_related(Prefetch("snapshots", snapshots), "contributors")
    )
    context = {
        **admin_context(admin, request, obj, obj.open_revision),
        "title": _("History: %(title)s") % {"title": obj},
        "compare_from": _before_newest(revisions),
        "revisions": revisions,
        "log": [LogRow(entry) for entry in _entries(obj).order_by("-pk")[:200]],
        "token": VersionToken.of(obj),
        "may_restore": rules.is_allowed(
            Action.RESTORE, current_user(request), obj, obj.open_revision
        ),
    }
    return TemplateResponse(request, "admin/publishing/history.html", context)


def _before_newest(revisions: list[Revision]) -> str:
    """Return the key of the version before the newest one, with which the newest is compared."""
    if not revisions:
        return ""
    newest = revisions[0]
    saves = [save for save in newest.snapshots.all() if save.digest != newest.digest]
    if len(revisions) > 1:
        return revisions[1].key
    return saves[-1].key if saves else newest.key


def _entries(obj: Publishable) -> QuerySet[Entry]:
    return Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))


class LogRow:
    """A row of the history page: one entry of the audit log."""

    TEXT_DETAILS = ("comment", "reason", "note", "override_reason")

    def __init__(self, entry: Entry) -> None:
        self.at = entry.at
        self.who = entry.actor_label
        self.what = labels.label(entry.action)
        self.revision = entry.details.get("revision")
        number = self.revision or ""
        version = entry.details.get("version")
        self.version = f"{number}.{version}" if version else number
        texts = [str(entry.details[key]) for key in self.TEXT_DETAILS if entry.details.get(key)]
        due_at = parse_datetime(entry.details.get("due_at") or "")
        if due_at is not None:
            texts.append(f"{timezone.localtime(due_at):%Y-%m-%d %H:%M}")
        self.words = " ".join(texts)


def _version(obj: Publishable, name: str) -> Revision | Snapshot:
    """Return the revision (``r12``) or snapshot (``s34``) with this key, or raise Http404."""
    kind, number = name[:1], parse_number(name[1:])
    if number is None:
        raise Http404
    found: Revision | Snapshot | None = None
    if kind == "r":
        found = obj.revisions.filter(pk=number).first()
    elif kind == "s":
        found = Snapshot.objects.filter(pk=number, revision__in=obj.revisions.all()).first()
    if found is None:
        raise Http404
    return found


def difference(admin: PublishableAdminBase, request: HttpRequest, obj: Publishable) -> HttpResponse:
    """Show the differences between two versions: by default the public and the newest version."""
    live, newest = obj.live_revision, obj.newest_revision
    old = _version(obj, request.GET["from"]) if request.GET.get("from") else live or newest
    new = _version(obj, request.GET["to"]) if request.GET.get("to") else newest
    if old is None or new is None:
        raise Http404
    context = {
        **admin_context(admin, request, obj, obj.open_revision),
        "title": _("Differences: %(title)s") % {"title": obj},
        "old": old,
        "new": new,
        "changes": diff.changes(type(obj), old.content, new.content),
    }
    return TemplateResponse(request, "admin/publishing/diff.html", context)


def restore(admin: PublishableAdminBase, request: HttpRequest, obj: Publishable) -> HttpResponse:
    """Make an earlier version the draft."""
    if request.method != "POST":
        return HttpResponseRedirect(admin.url("history", obj))
    try:
        rules.require_role(Action.RESTORE, current_user(request), obj, obj.open_revision)
        draft = actions.restore(
            obj=obj,
            source=_version(obj, request.POST.get("version", "")),
            by=current_user(request),
            token=VersionToken.parse(request.POST.get("token", "")),
        )
    except Refused as refusal:
        status = report_refusal(request, Action.RESTORE, obj, refusal)
        response = history(admin, request, obj)
        response.status_code = status
        return response
    if draft is None:
        message = _(
            "That version is the released one, so no draft is open now. What was open is kept "
            "below as discarded, and can be restored in the same way."
        )
        messages.success(request, message)
        return HttpResponseRedirect(admin.url("history", obj))
    messages.success(request, _("Restored as a draft. Nothing has changed for the public."))
    return HttpResponseRedirect(admin.url("change", obj))


#: The actions, besides reviews, that the approval form lists.
APPROVAL_FORM_ACTIONS = [
    "workflow.release",
    "workflow.schedule",
    "workflow.unschedule",
    "workflow.withdraw",
    "workflow.reinstate",
    "workflow.import_released",
]


def approval_form(
    admin: PublishableAdminBase, request: HttpRequest, obj: Publishable
) -> HttpResponse:
    """Show the approval form (信息发布审批单) of one version, for printing and filing."""
    chosen = request.GET.get("version")
    found = _version(obj, chosen) if chosen else obj.newest_revision
    if not isinstance(found, Revision):
        raise Http404
    log = [
        LogRow(entry)
        for entry in _entries(obj).filter(action__in=APPROVAL_FORM_ACTIONS).order_by("pk")
    ]
    context = {
        **admin_context(admin, request, obj, obj.open_revision),
        "title": _("Release approval form"),
        "revision": found,
        "draft": found.as_object(),
        "fields": plain_fields(found),
        "rich": rich_fields(found),
        "links": references.related_links(found.as_object()),
        "reviews": found.reviews.select_related("reviewer"),
        "contributors": found.contributors.all(),
        "log": [line for line in log if line.revision == found.number],
        "printed_at": timezone.localtime(),
        "preview": True,
    }
    return TemplateResponse(request, "admin/publishing/approval_form.html", context)
