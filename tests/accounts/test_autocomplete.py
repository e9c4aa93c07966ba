"""The search of autocomplete fields: forward relations only."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models.fields.related import RelatedField
from django.test import Client

from news.models import Topic
from portal.accounts.roles import Role
from tests import factories


@pytest.mark.django_db
def test_autocomplete_refuses_every_relation_that_is_not_a_field(client: Client) -> None:
    client.force_login(factories.user(Role.PUBLISHER))
    reverse = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and not isinstance(field, RelatedField)
        and field.related_model in admin.site._registry
    ]
    assert len(reverse) > 10
    for model, name in reverse:
        answer = _autocomplete(client, model, name)
        assert answer.status_code == 403, (model, name)


@pytest.mark.django_db
def test_autocomplete_of_topics_finds_them(client: Client) -> None:
    client.force_login(factories.user(Role.PUBLISHER))
    Topic.objects.create(name="专题一", slug="topic")
    entry = apps.get_model("news.topicentry")
    for term, names in (("专题", ["专题一"]), ("专\0题", ["专题一"]), ("无", [])):
        answer = _autocomplete(client, entry, "topic", term)
        assert [result["text"] for result in answer.json()["results"]] == names


def _autocomplete(client: Client, model: Any, name: str, term: str = "") -> Any:
    options = model._meta
    fields = {"app_label": options.app_label, "model_name": options.model_name}
    return client.get("/admin/autocomplete/", {**fields, "field_name": name, "term": term})
