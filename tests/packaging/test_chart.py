"""The chart as helm renders it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline import tracing
from syncline.contract import queues
from syncline.contract.celery import create_app
from syncline.settings import Settings
from tests.packaging import chart, commands
from tools import pins

each_set = pytest.mark.parametrize("values", chart.VALUES, ids=lambda path: path.stem)


def environment(container: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("env", [])}


def container(values: Path | None, workload: str, *sets: str) -> Any:
    templates = dict(chart.pods(chart.rendered(values, *sets)))
    return templates[workload]["spec"]["containers"][0]


def test_helm_finds_nothing_to_complain_of() -> None:
    linted = chart.helm("lint", "--strict")

    assert linted.returncode == 0, linted.stdout


def test_it_is_the_chart_of_this_release() -> None:
    release = tomllib.loads((pins.ROOT / "pyproject.toml").read_text())["project"]["version"]
    described = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())

    assert (described["version"], described["appVersion"]) == (release, release)


def test_by_default_every_role_is_there_and_no_redis() -> None:
    named = [name for name, _ in chart.pods(chart.rendered())]

    assert sorted(named) == [
        "syncline-flower",
        "syncline-scheduler",
        "syncline-server",
        "syncline-watch",
        "syncline-worker-general",
        "syncline-worker-user",
    ]


@each_set
def test_each_command_and_setting_exists(values: Path) -> None:
    for name, template in chart.pods(chart.rendered(values)):
        if name == "syncline-redis":
            continue
        running = template["spec"]["containers"][0]
        commands.parse(running["args"])
        assert commands.unknown(environment(running)) == set()


@each_set
def test_every_pod_is_refused_what_it_does_not_need(values: Path) -> None:
    for _, template in chart.pods(chart.rendered(values)):
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False  # else SYNCLINE_SERVER_PORT=tcp://…
        for each in spec["containers"]:
            assert each["securityContext"]["readOnlyRootFilesystem"] is True
            assert "memory" in each["resources"]["limits"]


@each_set
def test_no_secret_is_a_variable(values: Path) -> None:
    for _, template in chart.pods(chart.rendered(values)):
        for each in template["spec"]["containers"]:
            assert [env for env in each.get("env", []) if "valueFrom" in env] == []


@each_set
def test_selectors_find_the_pods_of_their_role_alone(values: Path) -> None:
    manifests = chart.rendered(values)
    labels = {name: template["metadata"]["labels"] for name, template in chart.pods(manifests)}
    for manifest in manifests:
        if manifest["kind"] not in {"Service", "PodDisruptionBudget"}:
            continue
        selector = manifest["spec"]["selector"]
        wanted = selector.get("matchLabels", selector).items()
        found = [name for name, own in labels.items() if wanted <= own.items()]
        assert found == [manifest["metadata"]["name"]]


def test_redis_is_found_by_a_url_that_a_file_holds() -> None:
    variables = environment(container(None, "syncline-server"))

    assert variables["SYNCLINE_STORE_URL_FILE"] == "/run/secrets/syncline/redis-url"
    assert "SYNCLINE_STORE_URL" not in variables


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ('redis.url="rediss://cache.example.com:6380/0"', "rediss://cache.example.com:6380/0"),
        ("redis.builtin.enabled=true", "redis://syncline-redis:6379/0"),
    ],
)
def test_redis_is_found_by_a_known_url_and_a_password_that_a_file_holds(
    value: str, url: str
) -> None:
    variables = environment(container(None, "syncline-server", value))

    assert variables["SYNCLINE_STORE_URL"] == url
    assert variables["SYNCLINE_STORE_PASSWORD_FILE"] == "/run/secrets/syncline/redis-password"


def test_traces_are_off_until_a_collector_is_named() -> None:
    off = environment(container(None, "syncline-worker-general"))
    sets = (
        'tracing.endpoint="http://collector.observability:4318"',
        'tracing.variables={"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}',
    )

    on = environment(container(None, "syncline-worker-general", *sets))

    assert not tracing.is_on(off)
    assert tracing.is_on(on)
    assert on.keys() - off.keys() == {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER"}


def test_a_credential_for_a_collector_is_no_part_of_its_url() -> None:
    assert "tracing" in chart.refusal(**{"tracing.endpoint": "https://me:secret@collector:4318"})


def test_flower_does_not_get_the_platform_key() -> None:
    manifests = chart.rendered()
    sources = {
        name: {
            item["path"]
            for volume in template["spec"]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
            for item in source["secret"]["items"]
        }
        for name, template in chart.pods(manifests)
    }

    assert sources == {
        "syncline-server": {"redis-url", "platform-key"},
        "syncline-scheduler": {"redis-url", "platform-key"},
        "syncline-worker-general": {"redis-url", "platform-key"},
        "syncline-worker-user": {"redis-url", "platform-key"},
        "syncline-watch": {"redis-url", "platform-key"},
        "syncline-flower": {"redis-url", "flower-password"},
    }


def test_the_watch_reads_the_kubeconfigs_that_workers_read() -> None:
    given = 'credentials.secrets=["kubeconfigs"]'

    watch, worker = (
        container(None, f"syncline-{name}", given) for name in ("watch", "worker-general")
    )

    assert watch["args"] == ["watch"]
    assert environment(watch) == environment(worker)
    mounted = {"name": "credentials", "mountPath": "/run/credentials", "readOnly": True}
    assert mounted in watch["volumeMounts"]


def test_the_watch_can_be_left_out() -> None:
    named = [name for name, _ in chart.pods(chart.rendered(None, "watch.enabled=false"))]

    assert "syncline-watch" not in named


def test_a_pool_says_only_what_it_has_of_its_own() -> None:
    pools = 'worker.pools={"general": {}, "urgent": {"lanes": ["user"], "concurrency": 1}}'

    run = {
        name: container(None, f"syncline-worker-{name}", pools)["args"]
        for name in ("general", "urgent")
    }

    assert run == {
        "general": [
            "worker",
            "--name=general",
            "--concurrency=4",
            "--lanes=user,lookup,push,check,heavy,plugin,drift",
            "--events",
        ],
        "urgent": ["worker", "--name=urgent", "--concurrency=1", "--lanes=user", "--events"],
    }


def test_without_flower_workers_send_no_events() -> None:
    args = container(None, "syncline-worker-general", "flower.enabled=false")["args"]

    assert args[-1] == "--no-events"


def test_a_worker_has_the_time_to_hand_back_its_work() -> None:
    soft = create_app(Settings(), name="test").conf.worker_soft_shutdown_timeout
    templates = dict(chart.pods(chart.rendered()))

    grace = templates["syncline-worker-general"]["spec"]["terminationGracePeriodSeconds"]

    assert grace == soft + 30


def test_its_lanes_are_those_of_the_program() -> None:
    schema = yaml.safe_load((chart.CHART / "values.schema.json").read_text())
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())

    assert schema["definitions"]["lanes"]["items"]["enum"] == list(queues.ALL)
    assert values["worker"]["lanes"] == list(queues.ALL)


def test_a_pool_has_the_plugins_that_it_names() -> None:
    pool = 'worker.pools.made={"lanes": ["plugin"], "plugins": "words"}'
    templates = dict(chart.pods(chart.rendered(None, pool)))

    made = templates["syncline-worker-made"]["spec"]
    (worker,) = made["containers"]
    assert {"name": "SYNCLINE_RENDER_PLUGINS", "value": "/etc/syncline/plugins"} in worker["env"]
    assert {
        "name": "plugins",
        "mountPath": "/etc/syncline/plugins",
        "readOnly": True,
    } in worker["volumeMounts"]
    assert {"name": "plugins", "configMap": {"name": "words", "defaultMode": 0o555}} in made[
        "volumes"
    ]
    assert "plugins" not in str(templates["syncline-worker-general"])


def test_a_lane_that_no_pool_serves_is_an_error() -> None:
    said = chart.refusal(worker={"lanes": ["user", "lookup", "push", "check", "heavy"]})

    assert "no pool serves the lane drift" in said


def test_a_pool_can_be_taken_away() -> None:
    pools = 'worker.pools={"general": null, "all": {"replicas": 1}}'

    named = [name for name, _ in chart.pods(chart.rendered(None, pools))]

    assert "syncline-worker-all" in named
    assert "syncline-worker-general" not in named


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"sever": {"replicas": 1}}, "sever"),
        ({"server": {"replica": 1}}, "replica"),
        ({"server": {"ingress": {"hosts": []}}}, "hosts"),
        ({"worker": {"pools": {"urgent": {"lane": ["user"]}}}}, "lane"),
        ({"worker": {"pools": {"Urgent": {}}}}, "Urgent"),
        ({"worker": {"lanes": ["usr"]}}, "worker/lanes"),
        ({"redis": {"url": "redis://:password@redis:6379/0"}}, "redis/url"),
        ({"redis": {"builtin": {"enable": True}}}, "enable"),
        ({"settings": {"GIT_ALLOW_HTTP": "true"}}, "GIT_ALLOW_HTTP"),
        ({"flower": {"enabled": "yes"}}, "flower/enabled"),
    ],
)
def test_a_misspelt_or_unfit_value_is_refused_by_name(
    values: dict[str, object], named: str
) -> None:
    said = chart.refusal(**values)

    assert "values don't meet the specifications of the schema" in said
    assert named in said


def test_the_schema_knows_every_value_and_no_other() -> None:
    schema = yaml.safe_load((chart.CHART / "values.schema.json").read_text())
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())

    assert set(schema["properties"]) == {*values, "global"}
    pool = schema["properties"]["worker"]["properties"]
    assert set(pool) == set(values["worker"])
    assert set(schema["definitions"]["pool"]["properties"]) == set(pool) - {"pools"}


def test_the_notes_name_what_is_missing_and_the_first_steps() -> None:
    done = chart.helm("install", "syncline", "--dry-run=client", "--namespace", "syncline")

    notes = done.stdout.partition("NOTES:\n")[2]

    assert "  - platform-key in Secret/syncline\n  - redis-url in Secret/syncline\n" in notes
    first = "kubectl exec deployment/syncline-server --namespace syncline -- syncline "
    assert first in notes
    commands.parse(notes.partition(first)[2].splitlines()[0].split())
