"""The database triggers must refuse everything that the workflow's actions refuse."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from news.models import Article
from portal.publishing.models import Revision
from tests.factories import Newsroom

pytestmark = pytest.mark.django_db

INSERT_REVIEW = (
    "INSERT INTO publishing_review (revision_id, round, step, steps, verdict, reviewer_id,"
    " reviewer_name,"
    " digest, reviewed, proofread, comment, created_at)"
    " VALUES (%s, %s, %s, 3, 'approve', %s, '', %s, %s, %s, '', %s)"
)


def is_refused(sql: str, *values: object) -> bool:
    """Return whether the database refuses the statement with an error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError:
        return True
    return False


def test_forged_reviews_are_refused() -> None:
    newsroom = Newsroom()
    revision = newsroom.in_review()
    now = timezone.now()
    one, two = newsroom.reviewer1.pk, newsroom.reviewer2.pk

    def is_review_refused(step: int, reviewer: int, digest: str, round_: int = 1) -> bool:
        return is_refused(
            INSERT_REVIEW, revision.pk, round_, step, reviewer, digest, True, True, now
        )

    assert is_review_refused(1, one, "0" * 64)  # a digest of another text
    assert is_review_refused(1, newsroom.editor.pk, revision.digest)  # a review by a contributor
    assert is_review_refused(2, one, revision.digest)  # a step that is not the next one
    assert is_review_refused(1, one, revision.digest, 2)  # a review of another round
    assert not is_review_refused(1, one, revision.digest)
    assert is_review_refused(2, one, revision.digest)  # a second review by the same reviewer
    assert is_review_refused(1, two, revision.digest)  # a second review of the same step


def forged_statements(revision: Revision, article: Article) -> list[str]:
    """Return statements that bypass the workflow, on a revision in review and a live article."""
    column = article.column_id
    return [
        f"UPDATE publishing_revision SET state = 'approved' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET digest = 'x' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET public_note = 'x' WHERE id = {revision.pk}",
        f"UPDATE publishing_revision SET state = 'draft' WHERE object_id = {article.pk}",
        "UPDATE publishing_review SET comment = 'x'",
        f"UPDATE news_article SET state = 'live', published_at = '2026-01-01',"
        f" published_on = '2026-01-01', title = 'x', body = 'x', source = 'x',"
        f" column_id = {column}, section_id = {column}"
        f" WHERE id = {revision.object_id}",
        "DELETE FROM publishing_review",
        "DELETE FROM publishing_revision",
        "DELETE FROM publishing_snapshot",
        "DELETE FROM publishing_contribution",
        f"DELETE FROM news_article WHERE id = {article.pk}",
        f"UPDATE news_article SET published_at = NULL WHERE id = {article.pk}",
        f"UPDATE news_article SET published_at = '2020-01-01 00:00:00' WHERE id = {article.pk}",
        f"UPDATE news_article SET published_on = '2020-01-01' WHERE id = {article.pk}",
        f"UPDATE news_article SET title = '' WHERE id = {article.pk}",
    ]


def test_statements_that_bypass_the_workflow_are_refused() -> None:
    newsroom = Newsroom()
    revision = newsroom.approve(newsroom.in_review(), 1)
    article = newsroom.live()
    for sql in forged_statements(revision, article):
        assert is_refused(sql), sql
    # A statement that writes the same values again changes nothing, so the triggers permit it.
    assert not is_refused(
        f"UPDATE news_article SET published_at = published_at WHERE id = {article.pk}"
    )
