"""Work on a folder that may hang, as one of the network does when its server is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Step = Callable[[], None]

#: So long one file may take.
SECONDS = 5.0


class Patient(Generic[T]):
    """Does work in a thread of its own, and leaves it behind where nothing moves any more: neither
    a withdrawal nor the clock waits for a folder that hangs."""

    _left_behind: threading.Thread | None = None

    def __init__(self, work: Callable[[Step], T]) -> None:
        self._work = work
        self._steps = 0
        self._is_given_up = False
        self._found: list[T] = []
        self._error: BaseException | None = None

    @classmethod
    def do(cls, work: Callable[[Step], T]) -> T:
        """What ``work`` returns; it calls what it is given before it touches the next file.

        Raises ``OSError`` where the folder hangs, and as long as it does; or what ``work`` raises.
        """
        if Patient._left_behind is not None and Patient._left_behind.is_alive():
            raise OSError("The folder of public media still hangs.")
        return cls(work)._done()

    def _done(self) -> T:
        thread = threading.Thread(target=self._run, name="public-media", daemon=True)
        thread.start()
        seen = -1
        while thread.is_alive():
            if self._steps == seen:
                self._is_given_up = True
                Patient._left_behind = thread
                raise OSError("The folder of public media hangs.")
            seen = self._steps
            thread.join(SECONDS)
        if self._error is not None:
            raise self._error
        return self._found[0]

    def _run(self) -> None:
        try:
            self._found.append(self._work(self._step))
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            self._error = error

    def _step(self) -> None:
        if self._is_given_up:  # what it knows of the rows is old by now
            raise OSError("Given up.")
        self._steps += 1
