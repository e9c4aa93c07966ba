from django.urls import path

from . import choosers

app_name = "choosing"

urlpatterns = [
    path("targets/", choosers.targets, name="targets"),
    path("figures/", choosers.figures, name="figures"),
]
