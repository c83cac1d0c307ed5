"""Which hosts and addresses a check may ask."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pydantic import ValidationError

from syncline.model import weburl
from syncline.settings import CheckSettings
from syncline_workers.web.reach import CheckForbidden, CheckUnanswered, Reach


def reach(url: str, **settings: Any) -> list[str]:
    return Reach(CheckSettings(**settings)).addresses(weburl.parse(url))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[ff02::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
    ],
)
def test_what_only_a_machine_itself_is_to_reach_is_refused(host: str) -> None:
    with pytest.raises(CheckForbidden, match="SYNCLINE_CHECK_NETWORKS"):
        reach(f"http://{host}/")


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "93.184.216.34", "[2001:db8::1]"])
def test_other_addresses_may_be_asked(host: str) -> None:
    assert reach(f"https://{host}/") == [host.strip("[]")]


def test_a_network_that_is_named_may_be_asked() -> None:
    assert reach("http://127.0.0.1/", networks=("127.0.0.0/8",)) == ["127.0.0.1"]
    with pytest.raises(CheckForbidden):
        reach("http://169.254.169.254/", networks=("127.0.0.0/8",))


def test_a_name_is_judged_by_all_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, 1, 6, "", (each, 80)) for each in ("10.0.0.1", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(CheckForbidden):
        reach("http://shop.example.com/")


@pytest.mark.parametrize(
    ("hosts", "may"),
    [
        (("*",), True),
        (("10.0.0.1",), True),
        (("10.*",), True),
        (("*.example.com",), False),
        ((), False),
    ],
)
def test_hosts_are_those_of_the_settings(hosts: tuple[str, ...], *, may: bool) -> None:
    if may:
        assert reach("http://10.0.0.1/", hosts=hosts)
        return
    with pytest.raises(CheckForbidden, match=r"10\.0\.0\.1 is none of SYNCLINE_CHECK_HOSTS"):
        reach("http://10.0.0.1/", hosts=hosts)


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(CheckUnanswered, match="has no address"):
        reach("http://nowhere.invalid/")


def test_a_network_is_a_network() -> None:
    with pytest.raises(ValidationError, match="does not appear to be"):
        CheckSettings(networks=("everywhere",))
