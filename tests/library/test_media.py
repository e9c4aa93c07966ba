"""The public folder: exactly what the rows say, whoever dies or meets in it."""

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
from tests.factories import user

from .sample_files import PDF, as_upload, encode_image, make_image

pytestmark = pytest.mark.usefixtures("folders")


@pytest.fixture
def editor(db: None) -> User:
    return user(Role.EDITOR)


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image()), by=editor)


@pytest.fixture
def attachment(editor: User) -> Attachment:
    return add_attachment(file=as_upload(PDF, "通知.pdf"), by=editor)


def in_public() -> set[str]:
    return set(files.iter_names(storages["public"]))


def use(owner: User, *media_used: Image | Attachment) -> None:
    set_public_uses(
        owner=owner,
        images=[each.pk for each in media_used if isinstance(each, Image)],
        attachments=[each.pk for each in media_used if isinstance(each, Attachment)],
    )


def test_private_until_something_public_uses_it(
    editor: User, image: Image, attachment: Attachment
) -> None:
    media_sync.resync()
    assert in_public() == set()
    use(editor, image, attachment)
    report = media_sync.resync(images=[image.pk], attachments=[attachment.pk])
    assert in_public() == report.linked == {*image.public_file_names, *attachment.public_file_names}
    assert image.file.name not in in_public()
    use(editor)
    report = media_sync.resync(images=[image.pk], attachments=[attachment.pk])
    assert in_public() == set()
    assert report.unlinked == {*image.public_file_names, *attachment.public_file_names}


def test_hard_links_on_one_file_system(editor: User, image: Image) -> None:
    use(editor, image)
    media_sync.resync()
    for name in image.public_file_names:
        assert os.path.samefile(default_storage.path(name), storages["public"].path(name))


@pytest.mark.parametrize("refused", [OSError(18, "cross-device"), PermissionError()])
def test_copies_where_links_are_refused(editor: User, image: Image, refused: OSError) -> None:
    use(editor, image)
    with mock.patch("os.link", side_effect=refused):
        assert media_sync.resync().linked == set(image.public_file_names)
        assert media_sync.resync().linked == set()
    for name in image.public_file_names:
        with default_storage.open(name) as one, storages["public"].open(name) as two:
            assert one.read() == two.read()
    assert in_public() == set(image.public_file_names)


def test_once_more_changes_nothing(editor: User, image: Image) -> None:
    use(editor, image)
    media_sync.resync()
    report = media_sync.resync()
    assert (report.linked, report.unlinked, report.missing) == (set(), set(), set())


def test_used_twice_stays_until_the_last(editor: User, image: Image) -> None:
    other = user()
    use(editor, image)
    use(other, image)
    use(editor)
    media_sync.resync(images=[image.pk])
    assert in_public() == set(image.public_file_names)
    use(other)
    media_sync.resync(images=[image.pk])
    assert in_public() == set()


def test_uses_are_replaced_whole_and_know_only_what_exists(editor: User, image: Image) -> None:
    set_public_uses(owner=editor, images=[image.pk, image.pk, 10**9], attachments=[10**9])
    assert list(PublicUse.objects.values_list("image", "attachment")) == [(image.pk, None)]
    before = PublicUse.objects.get().pk
    use(editor, image)
    assert PublicUse.objects.get().pk == before


def test_a_full_run_takes_strays_away(editor: User, image: Image) -> None:
    use(editor, image)
    public = storages["public"]
    files.put(public, "i/ab/stray.jpg", b"x")
    files.put(public, "page.html", b"x")
    media_sync.resync(images=[image.pk])
    assert "page.html" in in_public()
    report = media_sync.resync()
    assert report.unlinked == {"i/ab/stray.jpg", "page.html"}
    assert in_public() == set(image.public_file_names)


def test_parts_left_by_the_dead_are_swept_but_not_those_of_the_living(editor: User) -> None:
    public = storages["public"]
    for name in ("i/ab/.part-old", "i/ab/.part-new"):
        files.put(public, name, b"x")
    long_ago = 1_000_000_000
    os.utime(public.path("i/ab/.part-old"), (long_ago, long_ago))
    media_sync.resync()
    assert in_public() == {"i/ab/.part-new"}


def test_a_wrong_file_under_a_public_name_is_replaced(editor: User, image: Image) -> None:
    use(editor, image)
    name = image.public_file_names[0]
    files.put(storages["public"], name, b"something else")
    media_sync.resync(images=[image.pk])
    with default_storage.open(name) as one, storages["public"].open(name) as two:
        assert one.read() == two.read()
    assert not [each for each in in_public() if files.TEMPORARY in each]


def test_a_file_that_is_gone_is_reported(editor: User, image: Image) -> None:
    use(editor, image)
    default_storage.delete(image.public_file_names[0])
    report = media_sync.resync()
    assert report.missing == {image.public_file_names[0]}
    assert in_public() == set(image.public_file_names[1:])


@pytest.mark.django_db(transaction=True)
def test_hidden_means_gone_at_once(editor: User, image: Image) -> None:
    use(editor, image)
    media_sync.resync()
    set_hidden(media_file=image, hidden=True, by=editor)
    assert in_public() == set()
    media_sync.resync()
    assert in_public() == set()
    set_hidden(media_file=image, hidden=False, by=editor)
    assert in_public() == set(image.public_file_names)
    actions = Entry.objects.filter(action__startswith="library.").order_by("id")
    assert [entry.action for entry in actions] == ["library.add", "library.hide", "library.show"]


def test_killed_anywhere_the_next_run_mends_it(editor: User, image: Image) -> None:
    use(editor, image)
    wanted = set(image.public_file_names)
    real = files.link
    for step in range(len(wanted)):
        calls = iter(range(100))

        def dies(*args: object, step: int = step, calls=calls) -> bool:
            if next(calls) == step:
                raise KeyboardInterrupt
            return real(*args)

        with mock.patch.object(files, "link", dies), pytest.raises(KeyboardInterrupt):
            media_sync.resync()
        media_sync.resync()
        assert in_public() == wanted
        for name in wanted:
            files.unlink(storages["public"], name)


def test_whoever_acts_looks_again(editor: User, image: Image) -> None:
    """A withdrawal is committed and reconciled between one's reading of the rows and linking."""
    use(editor, image)
    real = files.link
    done = []

    def late(*args: object) -> bool:
        if not done:
            done.append(True)
            use(editor)
            media_sync.resync(images=[image.pk])
        return real(*args)

    # In this thread: it reads and writes rows on the test's own connection.
    here = mock.patch.object(timeouts.Patient, "do", lambda work: work(lambda: None))
    with here, mock.patch.object(files, "link", late):
        media_sync.resync(images=[image.pk])
    assert in_public() == set()


def test_a_folder_that_hangs_is_left_behind(
    editor: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of the network does: who withdraws something waits a moment, not for ever."""
    hanging, begun = threading.Event(), []

    def link(*_args: object) -> bool:
        begun.append(1)
        hanging.wait(20)
        return False

    monkeypatch.setattr(timeouts, "SECONDS", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(files, "link", link)
        use(editor, image)
        for words in ("hangs", "still hangs"):
            with pytest.raises(OSError, match=words):
                media_sync.resync(images=[image.pk])
        assert begun == [1]  # what hangs is not begun a second time
        hanging.set()
        left = timeouts.Patient._left_behind
        assert left is not None
        left.join(20)
        assert begun == [1]  # and does no more when it comes back
    monkeypatch.undo()
    media_sync.resync(images=[image.pk])
    assert in_public() == set(image.public_file_names)


@pytest.mark.django_db(transaction=True)
def test_many_at_once(editor: User) -> None:
    images = [
        add_image(file=as_upload(encode_image(make_image(30 + n, 30))), by=editor) for n in range(3)
    ]
    owners = [user() for _ in range(4)]
    errors: list[BaseException] = []

    def work(owner: User, turns: int) -> None:
        try:
            for turn in range(turns):
                with transaction.atomic():
                    use(owner, *[each for n, each in enumerate(images) if (turn + n) % 3])
                media_sync.resync(images=[each.pk for each in images])
            with transaction.atomic():
                use(owner, images[0])
            media_sync.resync(images=[each.pk for each in images])
        except BaseException as error:  # noqa: BLE001  (shown by the test's own thread)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(owner, 4)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert in_public() == set(images[0].public_file_names)


def test_a_storage_without_a_file_system(editor: User, image: Image, tmp_path: Path) -> None:
    """As object storage behaves: no paths, no links."""

    class Distant(FileSystemStorage):
        pass

    distant = Distant(location=tmp_path / "distant", base_url="/media/")
    use(editor, image)
    with mock.patch.object(files, "FileSystemStorage", type("Near", (FileSystemStorage,), {})):
        storages._storages["public"] = distant
        assert media_sync.resync().linked == set(image.public_file_names)
        assert media_sync.resync().linked == set()
        assert set(files.iter_names(distant)) == set(image.public_file_names)
        use(editor)
        assert media_sync.resync().unlinked == set(image.public_file_names)
