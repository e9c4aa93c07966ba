"""What news does besides the press: pins, and what a change of a column entails."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit import actions as audit
from portal.publishing import list_counts, signals
from portal.publishing.errors import NotAllowed

from .models import Article, Column

FLAGS = frozenset({"pinned", "featured"})


def may_flag(user: User) -> bool:
    """Pin an article to the top of its column, or let it lead the home page."""
    return user.has_role(Role.PUBLISHER)


@transaction.atomic
def set_flag(*, article: Article, flag: str, value: bool, by: User) -> None:
    """Pin or feature, or no longer. Carries no substance, so it does not pass the press."""
    if flag not in FLAGS:
        raise ValueError(flag)
    if not may_flag(by):
        raise NotAllowed(_("Only a publisher pins or features articles."))
    if not Article.objects.filter(pk=article.pk).exclude(**{flag: value}).update(**{flag: value}):
        return
    signals.public_listing_changed.send(sender=Article, reason=f"news.{flag}", forbid_stale=False)
    audit.log_event(action=f"news.{flag}", obj=article, actor=by, details={"value": value})


@transaction.atomic
def move_column(column: Column) -> None:
    """Keep a column's new place in the tree, and let its articles follow."""
    if connection.vendor == "postgresql":
        # A verb under way may have read the old place, and counts beside us: wait for it, and let
        # none begin. SQLite has one writer anyway. Readers are not held up.
        with connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{Article._meta.db_table}" IN EXCLUSIVE MODE')
    column.save()
    section = column.parent_id or column.pk
    if Article.objects.filter(column=column).exclude(section=section).update(section=section):
        list_counts.rebuild_counts(Article)
