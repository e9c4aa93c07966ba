from django.urls import path

from . import views

app_name = "court"

urlpatterns = [
    path("", views.profile, name="profile"),
    path("leaders/", views.leaders, name="leaders"),
    path("departments/", views.departments, name="departments"),
    path("judges/", views.judges, name="judges"),
    path("contact/", views.contact, name="contact"),
]
