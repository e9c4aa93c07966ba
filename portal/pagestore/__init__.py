"""Page store: public pages are rendered one time, stored on this node's disk and served from there.

``generations`` raises the site's generation number in the database, ``store`` manages the files,
``middleware`` is the WSGI middleware that serves and writes the files, and ``sync`` contains the
background threads that switch the store to the database's generation. See ``docs/page-store.md``.
"""
