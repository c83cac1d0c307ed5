"""What `tests.bench.render` renders: kustomizations with a base and an overlay, and one chart."""

from collections.abc import Iterator

import yaml

from tests.bench import manifests

VERSION = "1.0.0"
CHART = "charts/web"
_PATCH = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}}}
spec: {{replicas: {replicas}}}
"""
_OVERLAY = """resources: [../base]
nameSuffix: -eu
labels: [{{pairs: {{zone: eu, number: "{number}"}}}}]
images: [{{name: example.com/{app}, newTag: 1.{number}.0}}]
patches: [{{path: replicas.yaml}}]
configMapGenerator: [{{name: {app}, literals: [zone=eu, number={number}]}}]
"""
_HELPERS = """{{- define "web.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}
{{- define "web.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "web.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "web.labels" . | nindent 8 }}
      annotations:
        checksum/settings: {{ .Values.settings | toYaml | sha256sum }}
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        ports: [{containerPort: {{ .Values.port }}}]
        {{- with .Values.resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
        env:
        {{- range $name, $value := .Values.settings }}
        - name: {{ $name | upper }}
          value: {{ $value | quote }}
        {{- end }}
"""
_OTHERS = """apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "web.labels" . | nindent 4 }}
spec:
  selector: {{- include "web.selector" . | nindent 4 }}
  ports: [{port: 80, targetPort: {{ .Values.port }}}]
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "web.labels" . | nindent 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {{- toYaml .Values.settings | nindent 2 }}
{{- if .Values.ingress }}
---
apiVersion: {{ ternary "networking.k8s.io/v1" "v1" (.Capabilities.APIVersions.Has "networking.k8s.io/v1") }}
kind: Ingress
metadata: {name: {{ .Release.Name }}}
spec:
  rules:
  - host: {{ .Values.ingress }}
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: {{ .Release.Name }}, port: {number: 80}}}}
{{- end }}
"""  # noqa: E501 - templates
_VALUES = """replicas: 1
image: {repository: example.com/web, tag: ""}
port: 8080
resources: {requests: {cpu: 10m, memory: 16Mi}}
settings: {zone: none}
ingress: ""
"""


def overlay(number: int) -> str:
    """Where an overlay lies."""
    return f"{manifests.directory(number)}/eu"


def release(number: int) -> str:
    """A release's name; its values are in ``values(number)``."""
    return f"web-{number}"


def values(number: int) -> str:
    """Where a release's values lie."""
    return f"values/{number}.yaml"


def files(count: int) -> dict[str, str]:
    """So many kustomizations, and one chart with values of so many releases."""
    about = f"apiVersion: v2\nname: web\nversion: {VERSION}\nappVersion: {VERSION}\n"
    made = {
        f"{CHART}/Chart.yaml": about,
        f"{CHART}/values.yaml": _VALUES,
        f"{CHART}/templates/_helpers.tpl": _HELPERS,
        f"{CHART}/templates/deployment.yaml": _DEPLOYMENT,
        f"{CHART}/templates/others.yaml": _OTHERS,
    }
    for number in range(count):
        made |= dict(_kustomization(number))
        made[values(number)] = yaml.safe_dump(
            {
                "replicas": number % 5,
                "image": {"tag": f"1.{number}.0"},
                "settings": {"zone": "eu", "number": str(number)},
                "ingress": f"web-{number}.example.com",
            }
        )
    return made


def _kustomization(number: int) -> Iterator[tuple[str, str]]:
    app, place = manifests.name(number), manifests.directory(number)
    yield f"{place}/base/kustomization.yaml", "resources: [all.yaml]\n"
    yield f"{place}/base/all.yaml", manifests.text(number, version=VERSION)
    yield f"{place}/eu/kustomization.yaml", _OVERLAY.format(app=app, number=number)
    yield f"{place}/eu/replicas.yaml", _PATCH.format(app=app, replicas=number % 5)
