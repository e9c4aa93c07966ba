"""The public storage must contain exactly the public files, also after kills or parallel runs."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from unittest import mock

import pytest
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import connection, transaction

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library import files, media_sync, timeouts
from portal.library.actions import add_attachment, add_image, set_hidden, set_public_uses
from portal.library.models import Attachment, Image, PublicUse
from portal.library.withdrawal import reinstate, withdraw
from tests.factories import user

from .sample_files import PDF, as_upload, encode_image, make_image

pytestmark = pytest.mark.usefixtures("empty_storages")


@pytest.fixture
def editor(db: None) -> User:
    return user(Role.EDITOR)


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image()), by=editor)


@pytest.fixture
def attachment(editor: User) -> Attachment:
    return add_attachment(file=as_upload(PDF, "通知.pdf"), by=editor)


def public_files() -> set[str]:
    return set(files.iter_names(storages["public"]))


def set_uses(owner: User, *media_used: Image | Attachment) -> None:
    set_public_uses(
        owner=owner,
        images=[each.pk for each in media_used if isinstance(each, Image)],
        attachments={each.pk: each.name for each in media_used if isinstance(each, Attachment)},
    )


def test_files_are_private_until_a_public_object_uses_them(
    editor: User, image: Image, attachment: Attachment
) -> None:
    media_sync.resync()
    assert public_files() == set()
    set_uses(editor, image, attachment)
    report = media_sync.resync(images=[image.pk], attachments=[attachment.pk])
    assert (
        public_files() == report.linked == {*image.public_file_names, *attachment.public_file_names}
    )
    assert image.file.name not in public_files()
    set_uses(editor)
    report = media_sync.resync(images=[image.pk], attachments=[attachment.pk])
    assert public_files() == set()
    assert report.unlinked == {*image.public_file_names, *attachment.public_file_names}


def test_files_on_one_file_system_are_hard_linked(editor: User, image: Image) -> None:
    set_uses(editor, image)
    media_sync.resync()
    for name in image.public_file_names:
        assert os.path.samefile(default_storage.path(name), storages["public"].path(name))


@pytest.mark.parametrize("refused", [OSError(18, "cross-device"), PermissionError()])
def test_files_are_copied_if_hard_links_fail(editor: User, image: Image, refused: OSError) -> None:
    set_uses(editor, image)
    with mock.patch("os.link", side_effect=refused):
        assert media_sync.resync().linked == set(image.public_file_names)
        assert media_sync.resync().linked == set()
    for name in image.public_file_names:
        with default_storage.open(name) as one, storages["public"].open(name) as two:
            assert one.read() == two.read()
    assert public_files() == set(image.public_file_names)


def test_second_resync_changes_nothing(editor: User, image: Image) -> None:
    set_uses(editor, image)
    media_sync.resync()
    report = media_sync.resync()
    assert (report.linked, report.unlinked, report.missing) == (set(), set(), set())


def test_file_used_twice_is_public_until_the_last_use_ends(editor: User, image: Image) -> None:
    other = user()
    set_uses(editor, image)
    set_uses(other, image)
    set_uses(editor)
    media_sync.resync(images=[image.pk])
    assert public_files() == set(image.public_file_names)
    set_uses(other)
    media_sync.resync(images=[image.pk])
    assert public_files() == set()


def test_set_public_uses_ignores_unknown_ids_and_keeps_existing_rows(
    editor: User, image: Image
) -> None:
    set_public_uses(owner=editor, images=[image.pk, image.pk, 10**9], attachments={10**9: "x.pdf"})
    assert list(PublicUse.objects.values_list("image", "attachment")) == [(image.pk, None)]
    before = PublicUse.objects.get().pk
    set_uses(editor, image)
    assert PublicUse.objects.get().pk == before


def test_full_resync_deletes_unknown_files(editor: User, image: Image) -> None:
    set_uses(editor, image)
    public = storages["public"]
    files.put(public, "i/ab/stray.jpg", b"x")
    files.put(public, "page.html", b"x")
    media_sync.resync(images=[image.pk])
    assert "page.html" in public_files()
    report = media_sync.resync()
    assert report.unlinked == {"i/ab/stray.jpg", "page.html"}
    assert public_files() == set(image.public_file_names)


def test_full_resync_deletes_only_old_temporary_files(editor: User) -> None:
    public = storages["public"]
    for name in ("i/ab/.part-old", "i/ab/.part-new"):
        files.put(public, name, b"x")
    long_ago = 1_000_000_000
    os.utime(public.path("i/ab/.part-old"), (long_ago, long_ago))
    media_sync.resync()
    assert public_files() == {"i/ab/.part-new"}


def test_wrong_file_under_a_public_name_is_replaced(editor: User, image: Image) -> None:
    set_uses(editor, image)
    name = image.public_file_names[0]
    files.put(storages["public"], name, b"something else")
    media_sync.resync(images=[image.pk])
    with default_storage.open(name) as one, storages["public"].open(name) as two:
        assert one.read() == two.read()
    assert not [each for each in public_files() if files.TEMPORARY_PREFIX in each]


def test_missing_file_is_reported(editor: User, image: Image) -> None:
    set_uses(editor, image)
    default_storage.delete(image.public_file_names[0])
    report = media_sync.resync()
    assert report.missing == {image.public_file_names[0]}
    assert public_files() == set(image.public_file_names[1:])


@pytest.mark.django_db(transaction=True)
def test_withdrawn_file_is_unlinked_after_the_commit(editor: User, image: Image) -> None:
    publisher = user(Role.PUBLISHER)
    set_uses(editor, image)
    media_sync.resync()
    set_hidden(media_file=image, hidden=True, by=editor)
    media_sync.resync()
    assert public_files() == set(image.public_file_names)
    withdraw(media_file=image, by=publisher, reason="侵权")
    assert public_files() == set()
    media_sync.resync()
    set_hidden(media_file=image, hidden=False, by=editor)
    assert public_files() == set()
    reinstate(media_file=image, by=publisher)
    assert public_files() == set(image.public_file_names)
    actions = Entry.objects.filter(action__startswith="library.").order_by("id")
    assert [entry.action.partition(".")[2] for entry in actions] == [
        "add", "hide", "withdraw", "show", "reinstate",
    ]  # fmt: skip


def test_next_resync_completes_a_killed_one(editor: User, image: Image) -> None:
    set_uses(editor, image)
    wanted = set(image.public_file_names)
    real = files.link
    for step in range(len(wanted)):
        calls = iter(range(100))

        def link_or_die(*args: object, step: int = step, calls=calls) -> bool:
            if next(calls) == step:
                raise KeyboardInterrupt
            return real(*args)

        with mock.patch.object(files, "link", link_or_die), pytest.raises(KeyboardInterrupt):
            media_sync.resync()
        media_sync.resync()
        assert public_files() == wanted
        for name in wanted:
            files.unlink(storages["public"], name)


def test_withdrawal_during_a_resync_is_detected(editor: User, image: Image) -> None:
    """Another process withdraws a file and resyncs after this one's query, before its links."""
    set_uses(editor, image)
    real = files.link
    done = []

    def link_after_withdrawal(*args: object) -> bool:
        if not done:
            done.append(True)
            set_uses(editor)
            media_sync.resync(images=[image.pk])
        return real(*args)

    # Run the work in this thread, because other threads do not have the test's database
    # connection.
    in_this_thread = mock.patch.object(
        media_sync, "run_with_timeout", lambda work: work(lambda: None)
    )
    with in_this_thread, mock.patch.object(files, "link", link_after_withdrawal):
        media_sync.resync(images=[image.pk])
    assert public_files() == set()


def test_hanging_folder_raises_after_a_time_limit(
    editor: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network folder can hang; a withdrawal must then fail after a limited time."""
    hanging, begun = threading.Event(), []

    def link(*_args: object) -> bool:
        begun.append(1)
        hanging.wait(20)
        return False

    monkeypatch.setattr(timeouts, "STEP_TIMEOUT_SECONDS", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(files, "link", link)
        set_uses(editor, image)
        for words in ("hangs", "still hangs"):
            with pytest.raises(OSError, match=words):
                media_sync.resync(images=[image.pk])
        assert begun == [1]  # no second thread is started while the first thread hangs
        hanging.set()
        abandoned = timeouts._abandoned
        assert abandoned is not None
        abandoned.join(20)
        assert begun == [1]  # the abandoned thread ends before its next step
    monkeypatch.undo()
    media_sync.resync(images=[image.pk])
    assert public_files() == set(image.public_file_names)


@pytest.mark.django_db(transaction=True)
def test_concurrent_resyncs_agree_with_the_rows(editor: User) -> None:
    images = [
        add_image(file=as_upload(encode_image(make_image(30 + n, 30))), by=editor) for n in range(3)
    ]
    owners = [user() for _ in range(4)]
    errors: list[BaseException] = []

    def work(owner: User, rounds: int) -> None:
        try:
            for each_round in range(rounds):
                with transaction.atomic():
                    set_uses(
                        owner, *[each for n, each in enumerate(images) if (each_round + n) % 3]
                    )
                media_sync.resync(images=[each.pk for each in images])
            with transaction.atomic():
                set_uses(owner, images[0])
            media_sync.resync(images=[each.pk for each in images])
        except BaseException as error:  # noqa: BLE001  (asserted in the main thread)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(owner, 4)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert public_files() == set(images[0].public_file_names)


def test_storage_without_a_file_system_is_synced(
    editor: User, image: Image, tmp_path: Path
) -> None:
    """The storage's methods copy and delete files: object storage has no paths and no links."""

    class ObjectStorage(FileSystemStorage):
        pass

    object_storage = ObjectStorage(location=tmp_path / "object_storage", base_url="/media/")
    set_uses(editor, image)
    with mock.patch.object(files, "FileSystemStorage", type("Near", (FileSystemStorage,), {})):
        storages._storages["public"] = object_storage
        assert media_sync.resync().linked == set(image.public_file_names)
        assert media_sync.resync().linked == set()
        assert set(files.iter_names(object_storage)) == set(image.public_file_names)
        set_uses(editor)
        assert media_sync.resync().unlinked == set(image.public_file_names)
