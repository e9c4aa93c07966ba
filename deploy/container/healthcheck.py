"""Exit with 0 if the application in this container answers a request such as nginx sends."""

import http.client
import os
import sys

name = os.environ.get("PORTAL_ALLOWED_HOSTS", "127.0.0.1").split(",")[0].lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=4)
connection.request("GET", "/healthz", headers={"Host": name, "X-Forwarded-Proto": "https"})
sys.exit(connection.getresponse().status != 200)
