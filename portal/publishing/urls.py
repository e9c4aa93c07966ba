from django.urls import path

from . import choosing

app_name = "choosing"

urlpatterns = [
    path("targets/", choosing.targets, name="targets"),
    path("figures/", choosing.figures, name="figures"),
]
