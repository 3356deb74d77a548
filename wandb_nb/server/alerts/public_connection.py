"""Connections to public addresses only: users must not reach the server's own network through its webhooks.

All addresses of a name are checked, and the connection goes to one that was checked, so a name cannot resolve to
another one between check and use.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from wandb_nb.errors import CommError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

    Networks = Sequence[IPv4Network | IPv6Network]

CONNECT_SECONDS = 5.0
_MAX_ADDRESSES = 4
# IPv6 addresses that contain an IPv4 address, which a gateway would connect to.
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))


def is_permitted(address: IPv4Address | IPv6Address, networks: Networks = ()) -> bool:
    """Whether the server may connect to *address*: a public one, or one in *networks*."""
    address = getattr(address, "ipv4_mapped", None) or address
    if any(address in network for network in networks):
        return True
    is_translated = any(address in network for network in _TRANSLATED)
    return address.is_global and not address.is_multicast and not is_translated


def checked_addresses(host: str, port: int, networks: Networks = ()) -> list[str]:
    """Return the addresses of *host*.

    Raises:
        CommError: It has none, or one to which the server may not connect.

    """
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CommError(f"{host} has no address") from error
    addresses = [str(entry[4][0]) for entry in entries]
    if not all(is_permitted(ip_address(address.partition("%")[0]), networks) for address in addresses):
        raise CommError(f"{host} is in the server's own network; its operator has to allow that")
    return addresses


class PublicConnection(http.client.HTTPConnection):
    """A connection to a public address, or one in *networks*; with *tls* the certificate must be that of the host."""

    def __init__(self, host: str, port: int, networks: Networks, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self._networks, self._tls, self._is_aborted = networks, tls, False
        if tls is not None:
            self.default_port = 443

    def connect(self) -> None:
        """Connect to the first address that answers.

        Raises:
            CommError: The server may not connect to the host, or its certificate is not valid.

        """
        addresses = checked_addresses(self.host, self.port, self._networks)
        self.sock = self._open(addresses[:_MAX_ADDRESSES])
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._shake_hands(self.sock)

    @staticmethod
    def _shake_hands(sock: ssl.SSLSocket) -> None:
        try:
            sock.do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise CommError(f"the receiver's certificate is not accepted: {error.verify_message}") from error

    def _open(self, addresses: Sequence[str]) -> socket.socket:
        """Return a connection to the first of *addresses* that answers; the error of the last one counts."""
        if self._is_aborted:
            raise ConnectionError("the time is over")
        try:
            return socket.create_connection((addresses[0], self.port), CONNECT_SECONDS)
        except OSError:
            if len(addresses) == 1:
                raise
        return self._open(addresses[1:])

    def abort(self) -> None:
        """End the connection from another thread, in whatever state it is."""
        self._is_aborted = True
        with suppress(OSError, AttributeError):  # it has ended by itself
            self.sock.shutdown(socket.SHUT_RDWR)
