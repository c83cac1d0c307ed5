"""Random objects: whole ones, and the parts of them that one manager cares for.

The values are few on purpose: managers shall want the same field, and often the same value.
"""

from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any

Object = dict[str, Any]

GROUP = "differential.example.com"
API = {
    "ConfigMap": "v1",
    "Secret": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "Namespace": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "Widget": f"{GROUP}/v1",
}
KEYS = ("one", "two", "three", "four")


def some(chance: Random, values: dict[str, Any], share: float = 0.5) -> dict[str, Any]:
    """Each entry with a probability; values that are lists are drawn from."""
    return {
        key: chance.choice(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if chance.random() < share
    }


def words(chance: Random, share: float = 0.4) -> dict[str, str]:
    """A few keys with a few values."""
    return some(chance, dict.fromkeys(KEYS, ("1", "2", "3")), share)


def metadata(chance: Random, name: str) -> Object:
    """Names, labels, annotations; seldom finalizers and owners."""
    found: Object = {"name": name}
    if chance.random() < 0.5:
        found["labels"] = some(
            chance, {"app": ("x", "y"), "tier": ("back", "front"), "free": ("",)}
        )
    if chance.random() < 0.3:
        found["annotations"] = some(chance, {"note": ("a", "b"), "x.example.com/y": ("", "z")})
    if chance.random() < 0.06:
        every = ["x.example.com/a", "x.example.com/b", "x.example.com/c"]
        found["finalizers"] = chance.sample(every, chance.randint(1, 3))
    if chance.random() < 0.04:
        uid = f"0b3f1c1e-0000-4000-8000-00000000000{chance.randint(0, 1)}"
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": uid}
        found["ownerReferences"] = [owner | some(chance, {"controller": True}, 0.3)]
    return found


def config_map(chance: Random, _: str) -> Object:
    found: Object = {}
    if chance.random() < 0.9:
        found["data"] = words(chance)
    if chance.random() < 0.05:
        found["binaryData"] = {"raw": b64encode(b"\x00\x01").decode()}
    return found | some(chance, {"immutable": (True, False)}, 0.04)


def secret(chance: Random, _: str) -> Object:
    found: Object = {}
    if chance.random() < 0.7:
        found["data"] = {k: b64encode(v.encode()).decode() for k, v in words(chance).items()}
    if chance.random() < 0.3:
        found["stringData"] = words(chance)
    return found | some(chance, {"type": ("Opaque", "example.com/other")}, 0.1)


def account(chance: Random, _: str) -> Object:
    found: Object = some(chance, {"automountServiceAccountToken": (True, False)})
    if chance.random() < 0.5:
        names = chance.sample(["one", "two", "three"], chance.randint(1, 3))
        found["imagePullSecrets"] = [{"name": name} for name in names]
    return found


def role(chance: Random, _: str) -> Object:
    verbs = ["get", "list", "watch", "update"]
    return {
        "rules": [
            {
                "apiGroups": [chance.choice(["", "apps"])],
                "resources": chance.sample(["pods", "deployments"], chance.randint(1, 2)),
                "verbs": chance.sample(verbs, chance.randint(1, 4)),
            }
            for _ in range(chance.randint(0, 2))
        ]
    }


def service(chance: Random, name: str) -> Object:
    every = [
        {"name": "web", "port": 80, **some(chance, {"targetPort": (8080, "http")})},
        {"name": "api", "port": 81, **some(chance, {"protocol": ("TCP", "UDP")})},
        {"name": "udp", "port": 80, "protocol": "UDP"},
    ]
    spec: Object = {"ports": chance.sample(every, chance.randint(1, 3))}
    if chance.random() < 0.8:
        spec["selector"] = {"app": name} | words(chance, 0.1)
    spec |= some(chance, {"sessionAffinity": ("ClientIP", "None")}, 0.1)
    spec |= some(chance, {"publishNotReadyAddresses": (True, False)}, 0.1)
    return {"spec": spec | some(chance, {"type": ("ClusterIP", "ClusterIP", "NodePort")}, 0.3)}


def container(chance: Random, name: str) -> Object:
    found: Object = {"name": name, "image": chance.choice(["web:1", "web:2", "web"])}
    if chance.random() < 0.4:
        env = [{"name": key, "value": chance.choice(["1", "2"])} for key in ("A", "B", "C")]
        found["env"] = chance.sample(env, chance.randint(0, 3))
    if chance.random() < 0.3:
        ports: list[Object] = [
            {"containerPort": 80},
            {"containerPort": 81, "name": "http"},
            {"containerPort": 80, "protocol": "UDP"},
        ]
        found["ports"] = chance.sample(ports, chance.randint(1, 3))
    if chance.random() < 0.3:
        limits = some(chance, {"cpu": ("1", "1000m", "0.5"), "memory": ("1Gi", "1024Mi")})
        found["resources"] = some(chance, {"limits": (limits,), "requests": (limits,)}, 0.7)
    if chance.random() < 0.2:
        get = {"path": "/", "port": chance.choice([80, "http"])}
        found["readinessProbe"] = {"httpGet": get, **some(chance, {"periodSeconds": (5, 10)})}
    more = {"args": (["a"], ["b", "c"]), "imagePullPolicy": ("Always", "IfNotPresent")}
    return found | some(chance, more, 0.15)


def pod(chance: Random, labels: dict[str, str]) -> Object:
    names = chance.choice([["app"], ["app", "side"], ["side", "app"]])
    spec: Object = {"containers": [container(chance, name) for name in names]}
    more = {
        "terminationGracePeriodSeconds": (0, 30, 60),
        "nodeSelector": (words(chance),),
        "tolerations": ([{"key": "t", "operator": "Exists"}], []),
        "volumes": ([{"name": "v", "emptyDir": {}}], [{"name": "w", "configMap": {"name": "c"}}]),
        "initContainers": ([container(chance, "init")],),
        "securityContext": ({}, {"runAsNonRoot": True}),
    }
    head: Object = {"labels": {**labels, **words(chance, 0.1)}}
    head |= some(chance, {"annotations": (words(chance),)}, 0.2)
    return {"metadata": head, "spec": spec | some(chance, more, 0.12)}


def deployment(chance: Random, name: str) -> Object:
    labels = {"app": name}
    spec: Object = {"selector": {"matchLabels": labels}, "template": pod(chance, labels)}
    more = {
        "replicas": (0, 1, 2, 3),
        "minReadySeconds": (0, 5),
        "paused": (True, False),
        "revisionHistoryLimit": (3, 10),
        "strategy": (
            {"type": "Recreate"},
            {"type": "RollingUpdate"},
            {"rollingUpdate": {"maxSurge": 1}},
        ),
    }
    return {"spec": spec | some(chance, more, 0.25)}


def stateful_set(chance: Random, name: str) -> Object:
    labels = {"app": name}
    spec: Object = {"selector": {"matchLabels": labels}, "template": pod(chance, labels)}
    more = {"replicas": (0, 1, 2), "podManagementPolicy": ("OrderedReady",), "serviceName": (name,)}
    return {"spec": spec | some(chance, more, 0.4)}


def job(chance: Random, _: str) -> Object:
    template = pod(chance, {})
    template["spec"]["restartPolicy"] = chance.choice(["Never", "OnFailure"])
    template["metadata"].pop("labels")
    more = {
        "parallelism": (1, 2),
        "completions": (1, 2),
        "backoffLimit": (0, 4),
        "suspend": (True, False),
        "ttlSecondsAfterFinished": (60,),
    }
    return {"spec": {"template": template} | some(chance, more, 0.25)}


def cron_job(chance: Random, name: str) -> Object:
    spec: Object = {
        "schedule": chance.choice(["* * * * *", "@daily"]),
        "jobTemplate": job(chance, name),
    }
    more = {"suspend": (True, False), "concurrencyPolicy": ("Forbid", "Allow")}
    return {"spec": spec | some(chance, more, 0.3)}


def widget(chance: Random, _: str) -> Object:
    spec: Object = {"size": chance.randint(1, 3)}
    if chance.random() < 0.5:
        parts = [{"name": n, **some(chance, {"count": (1, 2)})} for n in ("a", "b", "c")]
        spec["parts"] = chance.sample(parts, chance.randint(0, 3))
    if chance.random() < 0.3:
        spec["free"] = {"deep": words(chance), "list": [1, {"x": chance.randint(1, 2)}]}
    return {"spec": spec | some(chance, {"color": ("red", "blue")}, 0.4)}


def nothing(_: Random, __: str) -> Object:
    return {}


WHOLE: dict[str, Callable[[Random, str], Object]] = {
    "ConfigMap": config_map,
    "Secret": secret,
    "Service": service,
    "ServiceAccount": account,
    "Namespace": nothing,
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "Job": job,
    "CronJob": cron_job,
    "Role": role,
    "Widget": widget,
}
STATUS: dict[str, dict[str, tuple[Any, ...]]] = {
    "Deployment": {
        "replicas": (1, 2),
        "updatedReplicas": (1, 2),
        "readyReplicas": (0, 1),
        "observedGeneration": (1, 2),
    },
    "StatefulSet": {"replicas": (1, 2), "readyReplicas": (0, 1), "observedGeneration": (1, 2)},
    "Widget": {"ready": (True, False)},
}


def whole(chance: Random, kind: str, name: str) -> Object:
    """An object that is valid by itself."""
    head = {"apiVersion": API[kind], "kind": kind, "metadata": metadata(chance, name)}
    return head | WHOLE[kind](chance, name)


def part(chance: Random, kind: str, name: str) -> Object:
    """What a manager of few fields applies: not always valid where nothing is there yet."""
    found = whole(chance, kind, name)
    spec = found.get("spec")
    if isinstance(spec, dict):
        found["spec"] = {key: value for key, value in spec.items() if chance.random() < 0.4}
    if chance.random() < 0.3:
        found.pop("spec", None)
    return found


def status(chance: Random, kind: str) -> Object:
    """A random status."""
    return some(chance, dict(STATUS[kind]), 0.7)
