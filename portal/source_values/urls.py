from django.contrib import admin
from django.urls import path

from portal.source_values import views

app_name = "source_values"

urlpatterns = [
    path("<slug:kind>/", admin.site.admin_view(views.understand), name="understand"),
]
