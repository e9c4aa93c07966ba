"""URL configuration with the admin and a view that returns query string and posted data as JSON."""

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import path


def echo(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"post": dict(request.POST.lists()), "query": request.GET.urlencode()})


urlpatterns = [
    path("admin/echo/", admin.site.admin_view(echo)),
    path("admin/", admin.site.urls),
]
