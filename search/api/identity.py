"""The one place that decides who the shopper is.

Today: the server listens on loopback only, without keys, and believes the `shopper` and `session` that the
request names. Keys and signed identities will be read here, and nowhere else. A kiosk never knows a shopper.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from search.errors import BadSettings, Forbidden
from search.messages import SearchRequest
from search.types import Identity


def identify(request: SearchRequest) -> Identity:
    """Who asks. What of it the ranker is told is limited by the shopper's consent (`Identity.within`)."""
    if request.touchpoint == "kiosk":
        return Identity(None, request.session, "kiosk")
    return Identity(request.shopper, request.session, request.touchpoint, request.device)


def require_editor(headers: Mapping[str, str]) -> None:
    """Refuse edits that a page of another site has a browser send: whoever reaches the server may edit, until there are
    keys, but only on purpose.

    Raises:
        Forbidden: the request comes from a page, and not from one of this server's.
    """
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise Forbidden(
            "The shop's lists are not edited from pages of other sites. Send it without a browser.", "origin"
        )


def require_loopback(host: str) -> None:
    """Refuse to listen where strangers could name themselves as anybody.

    Raises:
        BadSettings: the address is not loopback.
    """
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise BadSettings(
            f"Without keys the server listens on this machine only, not on {host}. "
            "Use --host 127.0.0.1, and a reverse proxy that lets in whom you trust.",
            "server.host",
        )
