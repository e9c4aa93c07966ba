"""The command that prints nginx's configuration, see ``portal.nginx``."""

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import nginx


class Command(BaseCommand):
    help = (
        "Print nginx's configuration for this machine, made from the same settings as the "
        "application. Needs no database and writes no file."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        self._add_site_arguments(parser)
        self._add_upstream_arguments(parser)
        parser.add_argument(
            "--standalone",
            type=Path,
            metavar="DIR",
            help="a complete nginx for tests and measurements, all its files below this folder",
        )
        parser.add_argument("--workers", type=int, default=1, help="of --standalone")
        parser.add_argument(
            "--access-log", action=BooleanOptionalAction, default=True, help="of --standalone"
        )

    def _add_site_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--server-name",
            action="append",
            metavar="NAME",
            help="a name of the site, the first one first (default: PORTAL_ALLOWED_HOSTS)",
        )
        parser.add_argument(
            "--var", type=Path, default=settings.VAR_DIR, help="default: PORTAL_VAR"
        )
        parser.add_argument(
            "--listen", action="append", metavar="ADDRESS:PORT", help="plain http (default: 80)"
        )
        parser.add_argument(
            "--listen-tls", action="append", metavar="ADDRESS:PORT", help="https (default: 443)"
        )
        parser.add_argument(
            "--certificate", default="", help="default: where certbot puts that of the first name"
        )
        parser.add_argument("--key", default="")
        parser.add_argument(
            "--brotli",
            action=BooleanOptionalAction,
            help="default: on if this machine has the module",
        )

    def _add_upstream_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--upstream",
            action="append",
            metavar="ADDRESS",
            help="host:port or unix:/path of the application; further ones are the first's backup "
            "(default: 127.0.0.1:8000)",
        )
        parser.add_argument(
            "--behind",
            action="append",
            metavar="ADDRESS",
            default=[],
            help="a load balancer at this address or network terminates TLS: plain http, and its "
            "X-Forwarded-For and X-Forwarded-Proto are trusted",
        )
        parser.add_argument(
            "--media",
            default="",
            metavar="ADDRESS",
            help="media files are on network storage: get them from a second nginx at this "
            "address, so that storage that hangs blocks no page "
            "(docs/operations/three-servers.md)",
        )
        parser.add_argument(
            "--media-server",
            action="store_true",
            help="print the configuration of that second nginx",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        site = self._read_site(options)
        if options["media_server"] and not site.media:
            raise CommandError("--media-server needs --media: the address it listens at.")
        make = nginx.media_configuration if options["media_server"] else nginx.configuration
        try:
            self.stdout.write(make(site), ending="")
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _read_site(self, options: dict[str, Any]) -> nginx.Site:
        names = options["server_name"] or settings.ALLOWED_HOSTS
        standalone = options["standalone"]
        if not standalone:
            self._check_settings(options)
        module = nginx.brotli_module()
        if options["brotli"] is not None:
            module = (module or nginx.BROTLI_MODULE) if options["brotli"] else ""
        given = {
            "upstreams": options["upstream"],
            "listen": options["listen"],
            "listen_tls": options["listen_tls"],
        }
        return nginx.Site(
            names=names,
            var=options["var"].resolve(),
            certificate=options["certificate"],
            key=options["key"],
            behind=options["behind"],
            brotli=module,
            media=options["media"],
            standalone=standalone.resolve() if standalone else None,
            workers=options["workers"],
            access_log=options["access_log"],
            **{name: value for name, value in given.items() if value},
        )

    def _check_settings(self, options: dict[str, Any]) -> None:
        if not settings.HTTPS:
            raise CommandError(
                "Set PORTAL_HTTPS=1, as for the application: without it that would neither "
                "believe nginx about its readers nor keep its cookies to https."
            )
        if not options["server_name"] and "*" in settings.ALLOWED_HOSTS:
            raise CommandError("PORTAL_ALLOWED_HOSTS names no site: give --server-name.")
