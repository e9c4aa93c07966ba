"""A site with objects in every state, and valid POST data for every URL."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from honors import importing
from honors.models import Honor
from news.models import Article, Topic, TopicEntry
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.court.models import Indicator
from portal.letters.models import LetterSettings
from portal.library.descriptions import save_description
from portal.library.models import Image
from portal.publishing import actions
from portal.publishing.models import MediaProposal
from portal.publishing.states import ChangeKind
from portal.site.models import FriendlyLink, Redirect, SiteSettings
from portal.source_values.dates import parse_date
from tests import factories
from tests.factories import Newsroom, Records
from tests.letters import build as letters
from tests.publishing.actors import STAFF_LETTERS, make_actors
from tests.publishing.endpoint_table import (
    ENDPOINTS,
    FIELDS_OF_MODEL,
    READERS_OF_MODEL,
    SECRET,
    VISITORS,
    Endpoint,
)
from tests.publishing.page_forms import HtmlForm
from tests.publishing.sample_uploads import (
    document_upload,
    honours_sheet,
    picture_upload,
    redirects_sheet,
    stored_attachment,
)


class SiteUnderTest:
    """A site with one object of every kind and state.

    All content that is not public contains the text ``SECRET``.
    """

    def __init__(self) -> None:
        self.newsroom = newsroom = Newsroom()
        self.people = {k: v for k, v in make_actors(newsroom).items() if k != "Y"}
        self.image = factories.image(newsroom.editor, alt="图")
        row = {"image": self.image.pk, "alt": "图", "caption": "", "credit": ""}
        row |= {"focal_x": 50, "focal_y": 50}
        secret = {"title": SECRET, "body": f"<p>{SECRET}</p>", "pictures": [row]}
        live = newsroom.live(title="公开的题目")
        newsroom.save(live, **secret)
        live.refresh_from_db()
        self.objects: dict[str, Any] = {
            "draft": newsroom.draft(**secret).target,
            "in_review": newsroom.in_review(**secret).target,
            "approved": newsroom.approved(**secret).target,
            "scheduled": newsroom.scheduled(**secret).target,
            "live": live,
            "withdrawn": newsroom.withdrawn(**secret),
            "archived": newsroom.archived(**secret),
            "none": Article(pk=987_654),
            "column": newsroom.column,
            "image": self.image,
            "person": factories.user(username="somebody"),
            "settings": SiteSettings.objects.get_or_create(pk=1)[0],
            "link": FriendlyLink.objects.create(title="链接", url="https://a.example/"),
            "redirect": Redirect.objects.create(old_path="/old", new_path="/news/"),
            "attachment": stored_attachment(newsroom.editor),
            "letter": letters.letter(),
            "limits": LetterSettings.objects.create(),
        }
        self.objects["topic"] = make_topic("both", live, *self.hidden_articles())
        self.objects["hidden"] = make_topic("hidden", *self.hidden_articles())
        self.objects["entry"] = Entry.objects.filter(
            object_id=str(self.objects["draft"].pk), action="workflow.save"
        ).latest("pk")
        self.clients = {letter: self.sign_in(letter) for letter in VISITORS}
        self.write_history()
        self.objects["national"] = Records(newsroom).live(
            Honor(), **FIELDS_OF_MODEL["honors.honor"]("公开的荣誉"), awarded=parse_date("2018年")
        )
        self.objects["import"] = importing.upload(
            data=honours_sheet().read(), name="台账.csv", by=self.people["H"]
        )
        self.objects["described"], self.objects["proposal"] = self.proposals()
        self.forms: dict[tuple[str, ...], dict[str, Any]] = {}

    def with_models(self, *labels: str) -> SiteUnderTest:
        """Return a copy of the site that also contains objects of these models with one review."""
        site = copy(self)
        site.objects, site.forms = self.objects.copy(), {}
        for label in labels:
            site.add_objects_of(label)
        return site

    def add_objects_of(self, label: str) -> None:
        """Add an object of the model in each state.

        The unreleased objects, and the unreleased draft of the live object, contain ``SECRET``.
        """
        records = Records(self.newsroom)
        records.honors = self.people["H"]
        secret, public = (FIELDS_OF_MODEL[label](text) for text in (SECRET, "公开的"))
        if label == "court.observation":
            indicator = records.live(Indicator(), name="受理")
            secret, public = ({**each, "indicator": indicator.pk} for each in (secret, public))
        model = apps.get_model(label)
        for state in ("draft", "in_review", "approved"):
            self.objects[f"{label} {state}"] = getattr(records, state)(model(), **secret).target
        live = records.live(model(), **public)
        records.draft(live, **secret)
        self.objects[f"{label} live"] = model.objects.get(pk=live.pk)

    def write_history(self) -> None:
        """Add an unreleased article to a topic, which writes an entry in the topic's history.

        The history is visible to users who may not read the article, so it must not show the title.
        """
        topic = self.objects["topic"]
        address = reverse("admin:news_topic_change", args=[topic.pk])
        page = self.clients["P"].get(address)
        entry = {"entries-5-article": str(self.objects["approved"].pk), "entries-TOTAL_FORMS": "6"}
        data = HtmlForm(page.content, "topic_form").data(**entry, _save="保存")
        assert self.clients["P"].post(address, data).status_code == 302
        assert topic.entries.count() == 6

    def hidden_articles(self) -> list[Article]:
        return [self.objects[name] for name in ("draft", "scheduled", "withdrawn", "archived")]

    def sign_in(self, letter: str) -> Client:
        client = Client(raise_request_exception=False)
        person = self.people[letter]
        if isinstance(person, User):
            client.force_login(person)
        return client

    def proposals(self) -> tuple[Image, MediaProposal]:
        """Return an image whose description has changed, and a joint change of another one."""
        images, keys = [], []
        for number in range(2):
            image = factories.image(self.newsroom.editor, alt="原来的说明")
            row = {"image": image.pk, "alt": image.alt, "caption": "", "credit": ""}
            row |= {"focal_x": 50, "focal_y": 50}
            article = self.newsroom.live(title=f"配图{number}", pictures=[row])
            image.alt = "现在的说明"
            save_description(image)
            images.append(image)
            keys.append(f"news.article:{article.pk}")
        proposal = actions.propose(
            media_file=images[1],
            by=self.newsroom.editor,
            keys=keys[1:],
            kind=ChangeKind.TYPOGRAPHICAL,
            public_note=SECRET,
        )
        self.described_key = keys[0]
        return images[0], proposal

    def address(self, endpoint: Endpoint) -> str:
        """Return the URL of the endpoint, with the id of its object."""
        obj = self.objects.get(endpoint.object_name)
        values = {
            "pk": obj and obj.pk,
            "id": obj and obj.pk,
            "object_id": obj and obj.pk,
            "content_type_id": ContentType.objects.get_for_model(Article).pk,
            "slug": getattr(obj, "slug", ""),
            "number": (
                obj.pk
                if endpoint.object_name == "import"
                else {"1": 1, "none": 99}.get(endpoint.variant, 1)
            ),
            "dataset": "cases",
            "level": "national",
            "year": 2018,
            "kind": "image" if endpoint.object_name == "described" else "date",
            "step": endpoint.variant,
            "action_name": endpoint.variant,
            "app_label": endpoint.variant,
            "url": "nothing-of-the-kind/",
            "name": self.image.public_file_names[0],
            "signed": self.image.thumbnail_url.rpartition("/private/")[2].rstrip("/"),
        }
        path = re.sub(
            r"<(?:\w+:)?(\w+)>",
            lambda m: str(values[m[1]]),
            re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", endpoint.route),
        )
        query = {
            "admin/choosing/targets/": "app_label=news&model_name=article",
            "admin/autocomplete/": "term=&app_label=news&model_name=topicentry&field_name=article",
            "admin/news/article/<int:pk>/diff/": (
                f"from=r{self.objects['draft'].open_revision.pk}" if endpoint.variant else ""
            ),
        }.get(endpoint.route, "")
        return f"/{path.replace('^', '').replace('$', '')}" + (f"?{query}" if query else "")

    def post_data(self, endpoint: Endpoint) -> Callable[[], dict[str, Any]]:
        """Return a function that builds valid POST data for the endpoint.

        The data is valid so that a refusal can be caused only by the user's permissions.
        """
        if endpoint.post == "=" or endpoint.post.startswith(("405", "403 staff")):
            return dict
        by_route = self._fixed_post_data()
        if endpoint.route in by_route:
            return by_route[endpoint.route]
        if match := re.fullmatch(r"(admin/\w+/\w+/)(<int:pk>/)?autosave/", endpoint.route):
            page = f"{match[1]}<slug:pk>/change/" if match[2] else f"{match[1]}add/"
            return partial(
                self.page_form, page, "content-form", endpoint.object_name, endpoint.writer
            )
        if endpoint.route.endswith("/<int:pk>/restore/"):
            return partial(self.restore_data, endpoint)
        if "<slug:action_name>" in endpoint.route:
            return partial(self.action_data, endpoint)
        if endpoint.route.endswith("/withdrawal/"):
            return lambda: {"reason": "信息有误。"}
        if endpoint.route.endswith("/delete/"):
            return lambda: {"post": "yes"}
        if endpoint.variant == "in review":
            # This is the data of a form that was opened while the text was still a draft.
            draft = endpoint.object_name.replace("in_review", "draft")
            return partial(self.page_form, endpoint.route, "content-form", draft, endpoint.writer)
        if endpoint.section in {"workflow", *READERS_OF_MODEL}:
            return partial(
                self.page_form,
                endpoint.route,
                "content-form",
                endpoint.object_name,
                endpoint.writer,
            )
        if match := re.match(r"admin/\w+/(\w+)/", endpoint.route):
            letter = endpoint.post.split()[1][0]
            name = "changelist-form" if endpoint.route.count("/") == 3 else f"{match[1]}_form"
            if letter in STAFF_LETTERS and endpoint.post != "403 staff":
                return partial(self.page_form, endpoint.route, name, endpoint.object_name, letter)
        return dict

    def _fixed_post_data(self) -> dict[str, Callable[[], Any]]:
        """Return the POST data that does not depend on the endpoint's object, by route."""
        return {
            "feedback/": lambda: urlencode(letters.form()),
            "feedback/answer/": lambda: urlencode({"number": self.objects["letter"].receipt}),
            "admin/login/": lambda: {"username": "editor", "password": factories.PASSWORD},
            "admin/password_change/": lambda: {
                "old_password": factories.PASSWORD,
                "new_password1": "Another-horse-7",
                "new_password2": "Another-horse-7",
            },
            "admin/library-files/upload/": lambda: {"upload": picture_upload()},
            "admin/library/image/add/": lambda: {"upload": picture_upload(), "alt": "图"},
            "admin/library/attachment/add/": lambda: {"upload": document_upload()},
            "admin/library/attachment/<int:pk>/clean/": dict,
            "admin/honors/honor/import/": lambda: {"file": honours_sheet()},
            "admin/site/redirect/import/": lambda: {"file": redirects_sheet()},
            "admin/site/redirect/import/confirm/": dict,
            "admin/honors/honor/import/<int:number>/confirm/": dict,
            "admin/honors/honor/import/<int:number>/discard/": dict,
            "admin/news/article/<int:pk>/flags/": lambda: {"pinned": "on"},
            "admin/proposals/new/<slug:kind>/<int:pk>/": lambda: {
                "texts": self.described_key,
                "kind": ChangeKind.TYPOGRAPHICAL,
                "public_note": "更新图片说明",
            },
            "admin/proposals/<int:pk>/<slug:step>/": lambda: {
                "digest": self.objects["proposal"].digest(),
                "reviewed": "on",
                "proofread": "on",
                "comment": "请核对。",
            },
        }

    def page_form(self, route: str, name: str, object_name: str, letter: str) -> dict[str, Any]:
        """Return the data of a form on a page for this user, with required fields filled in.

        The page is requested one time. Its form does not change, because every request is rolled
        back.
        """
        key = route, name, object_name, letter
        if key not in self.forms:
            self.forms[key] = self._read_form(*key)
        return self.forms[key]

    def _read_form(self, route: str, name: str, object_name: str, letter: str) -> dict[str, Any]:
        endpoint = next(
            each for each in ENDPOINTS if each.route == route and each.object_name == object_name
        )
        page = self.clients[letter].get(self.address(endpoint))
        assert page.status_code == 200, endpoint
        required = {
            "user/add": {
                "username": "newcomer",
                "full_name": "新人",
                "password1": "Another-horse-7",
                "password2": "Another-horse-7",
            },
            "<id>/password": {"password1": "Another-horse-7", "password2": "Another-horse-7"},
            "friendlylink/add": {"title": "新链接", "url": "https://b.example/"},
            "redirect/add": {"old_path": "/older", "new_path": "/news/"},
            "letter/<path:object_id>/change": {"_take": "1"},
            "column/add": {"name": "新栏目", "slug": "new-column"},
            "topic/add": {"name": "新专题", "slug": "new-topic"},
            "article/add": {"title": "新稿", "source": "本院"},
            "honor/add": {"name": "新荣誉"},
            "department/add": {"name": "新部门"},
            "person/add": {"name": "新人"},
            "indicator/add": {"name": "新指标"},
            "observation/add": {"remark": "新数据"},
            "<slug:pk>/change": {"author": "某人"},
        }
        changes = next((value for key, value in required.items() if f"{key}/" in route), {})
        extra = {"_save": "保存"} if name != "content-form" else {}
        return HtmlForm(page.content, name).data(**changes, **extra)

    def action_data(self, endpoint: Endpoint) -> dict[str, Any]:
        revision = self.objects[endpoint.object_name].open_revision
        later = timezone.localtime() + timezone.timedelta(days=2)
        return {
            "digest": revision.digest if revision else "",
            "reviewed": "on",
            "proofread": "on",
            "comment": "请核对。",
            "reason": "信息有误。",
            "at": later.strftime("%Y-%m-%dT%H:%M"),
        }

    def restore_data(self, endpoint: Endpoint) -> dict[str, Any]:
        article = self.objects[endpoint.object_name]
        source = self.objects["live"] if endpoint.variant else article
        revision = article.open_revision
        return {
            "version": f"r{source.newest_revision.pk}",
            "token": f"{revision.pk}.{revision.version}",
        }


def make_topic(slug: str, *articles: Article) -> Topic:
    made = Topic.objects.create(name=f"专题{slug}", slug=slug)
    TopicEntry.objects.bulk_create(TopicEntry(topic=made, article=each) for each in articles)
    return made
