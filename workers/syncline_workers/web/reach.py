"""Where a check may ask: hosts by their names, and addresses by what they are for.

A worker stands inside the network, and whoever writes a check may not. What only the worker's own
machine, or the cloud about it, is meant to reach (loopback, link-local addresses, where credentials
of the machine are handed out) is refused unless the administrator names it. Private addresses are
not: the services of clusters have them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias

from syncline.errors import Permanent, Transient
from syncline.model.weburl import WebUrl
from syncline.settings import CheckSettings

Address: TypeAlias = IPv4Address | IPv6Address

_REFUSED: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            "192.0.0.0/24",
            "100.100.100.200/32",  # metadata: Alibaba Cloud
            "168.63.129.16/32",  # Azure's host
            "224.0.0.0/3",  # multicast, reserved, broadcast
            "::/127",
            "fe80::/10",
            "ff00::/8",
            "fd00:ec2::/32",  # metadata: AWS
            "fd20:ce::/64",  # metadata: Google Cloud
        ),
    )
)
_NAT64: Final = ip_network("64:ff9b::/96")


class CheckForbidden(Permanent):
    """The administrator's settings do not let a check ask there."""

    reason = "CheckForbidden"


class CheckUnanswered(Transient):
    """Nobody answered, or not in time."""

    reason = "CheckUnanswered"


class Reach:
    """What the settings allow."""

    def __init__(self, settings: CheckSettings) -> None:
        self._hosts = tuple(host.lower() for host in settings.hosts)
        self._networks = tuple(map(ip_network, settings.networks))

    def addresses(self, url: WebUrl) -> list[str]:
        """Resolve a host; what is asked is one of these addresses, not the name once more.

        Raises:
            CheckForbidden: the name, or one of its addresses, is not to be asked.
            CheckUnanswered: it has no address.
        """
        if not any(fnmatchcase(url.host, pattern) for pattern in self._hosts):
            raise CheckForbidden(str(url), f"{url.host} is none of SYNCLINE_CHECK_HOSTS")
        found = _resolved(url)
        for each in found:
            if not self._may_be_asked(ip_address(each)):
                raise CheckForbidden(
                    str(url), "leads to an address that is not in SYNCLINE_CHECK_NETWORKS"
                )
        return found

    def _may_be_asked(self, address: Address) -> bool:
        forms = (address, *_within(address))
        if any(each in network for network in self._networks for each in forms):
            return True
        return not is_refused(address)


def is_refused(address: Address) -> bool:
    """Whether only the machine itself, or the cloud about it, is meant to reach an address."""
    forms = (address, *_within(address))
    return any(each in network for network in _REFUSED for each in forms)


def _resolved(url: WebUrl) -> list[str]:
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise CheckUnanswered(str(url), f"{url.host} has no address: {exc}") from exc
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _within(address: Address) -> Iterable[Address]:
    """IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
