"""Page store: public pages rendered once, kept as files on this node's disk and served from there.

``generations`` raises the site's generation number in the database, ``store`` manages the files,
``middleware`` is the WSGI middleware that serves and writes them, and ``sync`` holds the background
threads that keep the store at the database's generation. See ``docs/page-store.md``.
"""
