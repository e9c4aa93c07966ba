from django.contrib import admin
from django.urls import path

from portal.printed import views

app_name = "printed"

urlpatterns = [
    path("<slug:kind>/", admin.site.admin_view(views.understand), name="understand"),
]
