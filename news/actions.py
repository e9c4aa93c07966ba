"""Actions of news outside the publishing workflow: set an article's flags, move a column."""

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
    """Return whether the user may pin an article or feature it on the home page."""
    return user.has_role(Role.PUBLISHER)


@transaction.atomic
def set_flag(*, article: Article, flag: str, value: bool, by: User) -> None:
    """Set the flag ``pinned`` or ``featured`` of an article.

    Flags are not content, so no review is needed. Raises ``NotAllowed`` for users without the
    right, and ``ValueError`` for any other flag.
    """
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
    """Save a column whose parent was changed, and update the top-level column of its articles."""
    if connection.vendor == "postgresql":
        # A workflow action in another transaction may have read the old section and may update the
        # counts of the lists concurrently. The lock waits for such transactions and blocks new
        # ones; it does not block readers. SQLite has a single writer anyway.
        with connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{Article._meta.db_table}" IN EXCLUSIVE MODE')
    column.save()
    section = column.parent_id or column.pk
    if Article.objects.filter(column=column).exclude(section=section).update(section=section):
        list_counts.rebuild_counts(Article)
