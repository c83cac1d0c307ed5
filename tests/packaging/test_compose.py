"""compose.yaml: valid by the published schema, confined, and true to the program."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from syncline.contract.celery import create_app
from syncline.settings import Settings
from tests.packaging import commands
from tools import pins

COMPOSE: dict[str, Any] = yaml.safe_load((pins.ROOT / "compose.yaml").read_text())
SCHEMA = json.loads((pins.ROOT / "tests/packaging/compose-spec.json").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
ROLES = sorted(set(SERVICES) - {"redis"})


def test_it_fits_the_published_schema() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)


def test_the_schema_would_tell() -> None:
    broken = COMPOSE | {"services": {"server": {"comand": ["server"]}}}

    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_it_has_every_role_and_two_schedulers_and_workers() -> None:
    assert ROLES == ["flower", "scheduler", "server", "watch", "worker", "worker-user"]
    assert [SERVICES[name]["deploy"]["replicas"] for name in ("scheduler", "worker")] == [2, 2]


def test_one_slot_serves_people_alone() -> None:
    general, user = SERVICES["worker"], SERVICES["worker-user"]

    assert user["command"] == ["worker", "--name", "user", "--lanes", "user", "--concurrency", "1"]
    differing = {name for name in user if user[name] != general.get(name)}
    assert differing == {"command", "deploy"}


@pytest.mark.parametrize("name", ROLES)
def test_each_command_is_one_that_the_program_takes(name: str) -> None:
    commands.parse(SERVICES[name]["command"])


@pytest.mark.parametrize("name", ROLES)
def test_each_setting_is_one_that_the_program_reads(name: str) -> None:
    assert commands.unknown(SERVICES[name]["environment"]) == set()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["user"].split(":")[0] not in {"0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "memory" in service["deploy"]["resources"]["limits"]
    assert service["healthcheck"]["test"]


def test_only_the_api_and_flower_are_published_and_to_this_machine_alone() -> None:
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}

    assert published == {
        "server": ["127.0.0.1:${SYNCLINE_PORT:-8080}:8080"],
        "flower": ["127.0.0.1:${SYNCLINE_FLOWER_PORT:-5555}:5555"],
    }


def test_redis_is_reached_by_the_roles_alone() -> None:
    assert COMPOSE["networks"]["store"] == {"internal": True}
    assert SERVICES["redis"]["networks"] == ["store"]


def test_secrets_are_files_and_each_service_has_only_what_it_uses() -> None:
    assert {name: each["secrets"] for name, each in SERVICES.items()} == {
        "redis": ["redis-password"],
        "server": ["platform-key", "redis-password"],
        "scheduler": ["platform-key", "redis-password"],
        "worker": ["platform-key", "redis-password"],
        "worker-user": ["platform-key", "redis-password"],
        "watch": ["platform-key", "redis-password"],
        "flower": ["redis-password", "flower-password"],
    }
    assert COMPOSE["secrets"] == {
        name: {"file": f"./secrets/{name}"}
        for name in ("platform-key", "redis-password", "flower-password")
    }


def test_the_silent_roles_are_asked_for_the_pulse_that_they_write() -> None:
    for name in ("scheduler", "worker", "watch"):
        file = SERVICES[name]["environment"]["SYNCLINE_PULSE_FILE"]
        asked = ["CMD", "python", "-m", "syncline.pulse", file]

        assert SERVICES[name]["healthcheck"]["test"] == asked


def test_a_worker_has_the_time_to_hand_back_its_work() -> None:
    soft = create_app(Settings(), name="test").conf.worker_soft_shutdown_timeout

    grace = commands.minutes_and_seconds(SERVICES["worker"]["stop_grace_period"])

    assert grace == soft + 30
