import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import SignInFailure, User
from portal.audit.models import Entry

pytestmark = pytest.mark.django_db

PASSWORD = "Correct-horse-9"


@pytest.fixture
def wang() -> User:
    return User.objects.create_user("wang", PASSWORD, full_name="王某")


def sign_in(client: Client, password: str, username: str = "wang") -> Any:
    return client.post(
        reverse("admin:login"),
        {"username": username, "password": password, "next": reverse("admin:index")},
    )


def error_codes(response: Any) -> list[str]:
    return [error.code for error in response.context["form"].non_field_errors().as_data()]


def log() -> list[tuple[str, str, str]]:
    return list(Entry.objects.order_by("id").values_list("action", "actor_label", "result"))


def age_failures(by: timedelta) -> None:
    SignInFailure.objects.update(last_at=timezone.now() - by)


def test_signing_in_and_out_is_logged_with_the_address(client, wang):
    assert sign_in(client, PASSWORD).status_code == 302
    client.post(reverse("admin:logout"))
    assert log() == [("account.sign_in", "王某", "ok"), ("account.sign_out", "王某", "ok")]
    assert set(Entry.objects.values_list("address", flat=True)) == {"127.0.0.1"}


def test_after_five_failures_the_name_is_locked_for_ten_minutes(client, wang):
    for _ in range(5):
        assert error_codes(sign_in(client, "wrong")) == ["invalid_login"]
    assert error_codes(sign_in(client, PASSWORD)) == ["locked"]
    assert error_codes(sign_in(client, PASSWORD, "WANG")) == ["locked"]
    age_failures(timedelta(minutes=9, seconds=50))
    assert error_codes(sign_in(client, PASSWORD)) == ["locked"]
    age_failures(timedelta(minutes=10, seconds=1))
    assert sign_in(client, PASSWORD).status_code == 302
    assert not SignInFailure.objects.exists()
    assert [result for _, _, result in log()] == ["failed"] * 5 + ["locked"] * 3 + ["ok"]


def test_a_success_clears_earlier_failures(client, wang):
    for _ in range(3):
        for _ in range(4):
            sign_in(client, "wrong")
        assert sign_in(client, PASSWORD).status_code == 302
        client.logout()


def test_attempts_do_not_extend_a_lock(client, wang):
    for _ in range(5):
        sign_in(client, "wrong")
    age_failures(timedelta(minutes=9))
    before = SignInFailure.objects.get().last_at
    sign_in(client, "wrong")
    assert SignInFailure.objects.get().last_at == before


def test_locks_are_per_user_name_existing_or_not(client, wang):
    for _ in range(5):
        sign_in(client, "wrong", "nobody")
    assert error_codes(sign_in(client, "wrong", "nobody")) == ["locked"]
    assert sign_in(client, PASSWORD).status_code == 302


def test_a_closed_account_gets_the_same_error_as_a_wrong_password(client, wang):
    wrong = error_codes(sign_in(client, "wrong"))
    User.objects.update(is_active=False)
    assert error_codes(sign_in(client, PASSWORD)) == wrong == ["invalid_login"]


def test_closing_an_account_ends_its_session(client, wang):
    client.force_login(wang)
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.update(is_active=False)
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("username", ["", "x\x00y"])
def test_an_invalid_user_name_is_not_counted(client, username):
    assert sign_in(client, "wrong", username).status_code == 200
    assert not SignInFailure.objects.exists()
    assert log() == []


def test_old_failures_are_deleted(client, wang):
    sign_in(client, "wrong", "passing-by")
    age_failures(timedelta(minutes=11))
    sign_in(client, "wrong")
    assert list(SignInFailure.objects.values_list("username", flat=True)) == ["wang"]


@pytest.mark.django_db(transaction=True)
def test_concurrent_guesses_get_no_more_attempts():
    guesses = 12
    start = threading.Barrier(guesses)
    results = []

    def guess() -> None:
        try:
            start.wait()
            results.append(SignInFailure.objects.register_attempt("Wang"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(guesses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True] * 5
    assert SignInFailure.objects.get().count == 5
