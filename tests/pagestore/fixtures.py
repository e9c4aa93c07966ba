"""The fixture ``node``: a node (one server of the portal) with an empty page store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from portal import serving
from tests.pagestore.node import Node


@pytest.fixture
def node(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Node]:
    """Yield a node with an empty page store."""
    settings.PAGESTORE = True
    settings.PAGESTORE_ROOT = tmp_path / "store"
    store = serving.build_page_store(get_wsgi_application())
    opened = Node(store)
    yield opened
    store.stop()
