from django.urls import path

from . import proposal_views

app_name = "proposals"

urlpatterns = [
    path("", proposal_views.proposals, name="proposals"),
    path("new/<slug:kind>/<int:pk>/", proposal_views.propose, name="propose"),
    path("<int:pk>/", proposal_views.proposal, name="proposal"),
    path("<int:pk>/<slug:step>/", proposal_views.take_step, name="step"),
]
