"""Rendered pages on disk: every page the public reads was rendered once and is served from here.

``turns`` is the number in the database that any change of public content raises, ``store`` the
folders on this node's disk, ``serving`` the WSGI layer that answers from them and fills them,
``following`` what keeps them at the database's number, warm and swept.
"""
