"""The admin site for staff:

Django's, but a form that is posted after the session ended is not lost.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.csrf import csrf_failure as plain_csrf_failure
from django.views.decorators.csrf import csrf_protect

from portal.accounts.forms import SignInForm
from portal.accounts.models import User
from portal.accounts.preserved_post import PreservedPost
from portal.audit.actions import log_event

#: Messages of Django's admin that Django's Chinese catalogue lacks (most are for screen readers)
#: or translates badly. This list adds them to the project's catalogue, which takes precedence.
DJANGO_MESSAGES = (
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("Add %s"),
    gettext_noop("Change %s"),
    gettext_noop("View %s"),
    gettext_noop("Add %(name)s"),
    gettext_noop(" By %(filter_title)s "),
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
    gettext_noop("Error:"),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
)


class RelationAutocomplete(AutocompleteJsonView):
    """Django's search for autocomplete fields, for the forward relations of a model only."""

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        """Parse the request; refuse a reverse relation, on which Django's view fails.

        NUL is removed from the search term, because PostgreSQL cannot compare it.
        """
        term, model_admin, source_field, to_field_name = super().process_request(request)
        if not isinstance(source_field, RelatedField):
            raise PermissionDenied
        return term.replace("\0", ""), model_admin, source_field, to_field_name


class StaffAdminSite(admin.AdminSite):
    """The admin site.

    It is open to active staff accounts; roles decide which pages an account may use.
    """

    site_header = _("Newsroom")
    site_title = _("Newsroom")
    index_title = _("Work in hand")
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Wrap a view as Django does; also preserve anonymous posts and forbid caching."""
        protected = super().admin_view(view, cacheable=False)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if (
                request.method == "POST"
                and not self.has_permission(request)
                and not self._is_sign_in_or_out(request.path)
            ):
                return self.sign_in_preserving_post(request)
            return protected(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign the user in; then show the preserved post, if any, ready to be sent again."""
        preserved = (
            PreservedPost.from_sign_in_form(request.POST)
            if request.method == "POST"
            else PreservedPost()
        )
        response = super().login(request, {"preserved": preserved, **(extra_context or {})})
        if preserved and request.method == "POST" and response.status_code == 302:
            return self.resume(request, preserved, response.headers["Location"])
        return response

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast(HttpResponse, RelationAutocomplete.as_view(admin_site=self)(request))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == 302:
                user = cast(User, request.user)
                log_event(action="account.password", obj=user, actor=user)
        return response

    @method_decorator(csrf_protect)
    def sign_in_preserving_post(self, request: HttpRequest) -> HttpResponse:
        """Respond to a post without a session by the sign-in page, which contains the fields."""
        return self._sign_in_page(
            request, PreservedPost.from_request(request), request.get_full_path()
        )

    def resume(
        self, request: HttpRequest, preserved: PreservedPost, address: str
    ) -> TemplateResponse:
        """Show a page with one button that sends the preserved fields to their original URL."""
        context = {
            **self.each_context(request),
            "title": _("Your text has been kept"),
            "subtitle": None,
            "preserved": preserved,
            "address": address,
        }
        return self._page(request, "admin/resume.html", context)

    def preserve_after_csrf_failure(self, request: HttpRequest) -> TemplateResponse | None:
        """Preserve a post whose CSRF token became invalid by a sign-in in another tab.

        Returns None unless the browser's Origin header names this site: otherwise a form of another
        site could be sent by the user's click on the resume page.
        """
        if request.method != "POST" or not _from_this_site(request):
            return None
        login = reverse("admin:login", current_app=self.name)
        if request.path == login:
            preserved, address = PreservedPost.from_sign_in_form(request.POST), self._next(request)
        elif self._is_sign_in_or_out(request.path):
            return None
        else:
            preserved, address = PreservedPost.from_request(request), request.get_full_path()
        if self.has_permission(request):
            response = self.resume(request, preserved, address)
        else:
            response = self._sign_in_page(request, preserved, address)
        response.status_code = 403
        return response

    def preserve_after_outage(self, request: HttpRequest) -> PreservedPost | None:
        """Return the fields of a post that the unavailable database interrupted.

        Returns None for all other requests, and if the browser's Origin header does not name this
        site. Makes no database query.
        """
        if request.method != "POST" or not _from_this_site(request):
            return None
        is_admin = request.path.startswith(reverse("admin:index", current_app=self.name))
        if not is_admin or self._is_sign_in_or_out(request.path):
            return None
        try:
            return PreservedPost.from_request(request)
        except (OSError, SuspiciousOperation, RawPostDataException, MultiPartParserError):
            return None  # the body was not received completely, or a view has consumed it

    def _sign_in_page(
        self, request: HttpRequest, preserved: PreservedPost, address: str
    ) -> TemplateResponse:
        # The context equals that of Django's own login view. The status is 403 instead of 200, so
        # that a script that posts (such as autosave) detects the failure.
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "subtitle": None,
            "app_path": reverse("admin:login", current_app=self.name),
            "username": request.user.get_username(),
            "form": SignInForm(request),
            "preserved": preserved,
            "expired": True,
            REDIRECT_FIELD_NAME: address,
        }
        return self._page(request, self.login_template or "admin/login.html", context, status=403)

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
    ) -> TemplateResponse:
        request.current_app = self.name
        response = TemplateResponse(request, template, context, status=status)
        add_never_cache_headers(response)
        return response

    def _is_sign_in_or_out(self, path: str) -> bool:
        return path in (
            reverse("admin:login", current_app=self.name),
            reverse("admin:logout", current_app=self.name),
        )

    def _next(self, request: HttpRequest) -> str:
        address = request.POST.get(REDIRECT_FIELD_NAME, "")
        if url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return address
        return reverse("admin:index", current_app=self.name)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Respond to a post without a valid CSRF token; the admin preserves the fields of the post."""
    response = None
    if request.path.startswith(reverse("admin:index")) and isinstance(admin.site, StaffAdminSite):
        response = admin.site.preserve_after_csrf_failure(request)
    return response.render() if response else plain_csrf_failure(request, reason=reason)


def _from_this_site(request: HttpRequest) -> bool:
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
