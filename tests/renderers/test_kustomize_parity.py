"""Each field of a kustomization, against `kustomize build` and `kubectl kustomize`."""

import subprocess

import pytest

from syncline.errors import RenderFailed
from syncline.model import yaml
from syncline.settings import RenderSettings
from tests.renderers.bundles import Render, Repository, config_map
from tests.renderers.test_overlay import DEPLOYMENT, SERVICE
from tools import programs

CRD = """{"example.com/v1.Thing": {"Schema": {"properties": {"spec": {"properties": {"conf": {
"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap",
"x-kubernetes-object-ref-name-key": "name"}}}}}}}"""
SCHEMA = """{"definitions": {"v1.Thing": {"type": "object", "properties": {"spec": {"type":
"object", "properties": {"list": {"type": "array", "x-kubernetes-patch-strategy": "merge",
"x-kubernetes-patch-merge-key": "name", "items": {"type": "object", "properties": {"name": {"type":
"string"}}}}}}}, "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing",
"version": "v1"}]}}}"""
THING = (
    "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n"
    "spec: {conf: {name: conf}, list: [{name: a, x: 1}, {name: b, x: 2}]}\n"
)
SHARED = {
    "web.yaml": f"{DEPLOYMENT}---\n{SERVICE}",
    "thing.yaml": THING,
    "conf.txt": "on\n",
    "app.env": "LEVEL=info\n# a comment\nEMPTY=\n",
    "merge.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: web, env: [{name: A, value: b}]}]}}}\n",
    "thing-merge.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n"
    "spec: {list: [{name: b, x: 3}]}\n",
    "ops.yaml": "- {op: replace, path: /spec/replicas, value: 5}\n",
    "ops.json": '[{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]',
    "crd.json": CRD,
    "schema.json": SCHEMA,
    "kinds.yaml": "namePrefix:\n- {path: spec/conf/name, kind: Thing}\n"
    "commonAnnotations:\n- {path: spec/notes, create: true, kind: Thing}\n",
    "replace.yaml": "source: {kind: Service, name: web, fieldPath: spec.ports.0.port}\n"
    "targets:\n- select: {kind: Thing}\n  fieldPaths: [spec.port]\n  options: {create: true}\n",
    "generator.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\n"
    "name: made\nfiles: [conf.txt]\n",
    "transformer.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\n"
    "path: merge.yaml\ntarget: {kind: Deployment}\n",
    "validator.yaml": "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: x}\n"
    "annotations: {}\n",
    "inner/kustomization.yaml": "resources: [map.yaml]\nnamePrefix: inner-\n",
    "inner/map.yaml": config_map("map", a="b"),
}
CASES = {
    "files-inline-and-bases": "resources: [web.yaml]\nbases: [inner]\nmetadata: {name: x}\n",
    "names-labels-annotations": (
        "resources: [web.yaml, inner]\nnamePrefix: a-\nnameSuffix: -b\nnamespace: shop\n"
        "commonLabels: {team: shop}\ncommonAnnotations: {note: x}\n"
        "labels: [{pairs: {zone: eu}, includeTemplates: true, fields: [{path: spec/x/labels, "
        "kind: Deployment, create: true}]}]\n"
    ),
    "patches-of-all-sorts": (
        "resources: [web.yaml]\npatchesStrategicMerge: [merge.yaml]\n"
        "patchesJson6902: [{target: {group: apps, version: v1, kind: Deployment, name: web}, "
        "path: ops.yaml}]\npatches: [{path: ops.json, target: {kind: Service}}, "
        "{patch: '- {op: remove, path: /spec/selector}', target: {kind: Service}}]\n"
    ),
    "images-and-replicas": (
        "resources: [web.yaml]\nimages: [{name: nginx, newName: x/n, newTag: '2'}]\n"
        "imageTags: [{name: fluent/bit, newTag: '3'}]\nreplicas: [{name: web, count: 4}]\n"
    ),
    "generators": (
        "resources: [web.yaml]\nconfigMapGenerator: [{name: conf, files: [conf.txt, k=conf.txt], "
        "literals: ['a=b=c', \"q='x'\"], envs: [app.env]}, {name: other, env: app.env, options: "
        "{immutable: true, annotations: {a: b}}}]\n"
        "secretGenerator: [{name: s, type: Opaque, literals: [p=q], files: [conf.txt]}]\n"
        "generatorOptions: {labels: {made: 'yes'}, disableNameSuffixHash: false}\n"
    ),
    "merged-generators": (
        "resources: [web.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\n"
        "configMapGenerator: [{name: inner-map, behavior: merge, literals: [c=d]}]\n"
        "bases: [inner]\n"
    ),
    "vars": (
        "resources: [web.yaml]\nvars: [{name: PORT, objref: {kind: Service, name: web, apiVersion: "
        "v1}, fieldref: {fieldpath: metadata.name}}]\nnamePrefix: a-\n"
        'patches: [{patch: \'[{"op": "add", "path": '
        '"/spec/template/spec/containers/0/command", "value": ["$(PORT)"]}]\', '
        "target: {kind: Deployment}}]\n"
    ),
    "replacements": (
        "resources: [web.yaml, thing.yaml]\nreplacements: [{path: replace.yaml}, {source: {kind: "
        "Deployment, fieldPath: spec.replicas}, targets: [{select: {kind: Thing}, fieldPaths: "
        "[spec.many], options: {create: true}}]}]\n"
    ),
    "crds-and-configurations": (
        "resources: [thing.yaml]\ncrds: [crd.json]\nconfigurations: [kinds.yaml]\n"
        "configMapGenerator: [{name: conf, literals: [a=b]}]\nnamePrefix: p-\n"
        "commonAnnotations: {a: b}\n"
    ),
    "openapi-by-path": (
        "resources: [thing.yaml]\nopenapi: {path: schema.json}\npatches: [{path: "
        "thing-merge.yaml}]\n"
    ),
    "openapi-by-version": "resources: [web.yaml]\nopenapi: {version: v1.21.2}\n",
    "legacy-order": "resources: [web.yaml, inner]\nsortOptions: {order: legacy}\n",
    "fifo-order": "resources: [web.yaml, inner]\nsortOptions: {order: fifo}\n",
    "build-metadata": (
        "resources: [web.yaml, inner]\nnamePrefix: a-\n"
        "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n"
    ),
    "built-in-plugins": (
        "resources: [web.yaml]\ngenerators: [generator.yaml]\ntransformers: [transformer.yaml, "
        "'{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: x}, prefix: z-, "
        "fieldSpecs: [{path: metadata/name}]}']\nvalidators: [validator.yaml]\n"
    ),
}


@pytest.mark.parametrize("kustomization", CASES.values(), ids=CASES)
def test_a_field_means_what_it_means_to_kustomize_and_kubectl(
    repository: Repository, rendered: Render, settings: RenderSettings, kustomization: str
) -> None:
    tree = repository(
        {f"web/{path}": text for path, text in SHARED.items()}
        | {"web/kustomization.yaml": kustomization}
    )

    result = list(rendered(tree, "web").manifests)

    kubectl = programs.find("kubectl").path
    for command in ([settings.kustomize, "build"], [kubectl, "kustomize"]):
        done = subprocess.run([*command, tree.root / "web"], capture_output=True, check=True)
        assert result == yaml.load_all(done.stdout, source="by hand")


FUNCTION = (
    "apiVersion: v1\nkind: Made\nmetadata:\n  name: x\n  annotations:\n"
    "    config.kubernetes.io/function: |\n      {kind}\n"
)


@pytest.mark.parametrize(
    "plugin",
    [
        FUNCTION.format(kind="exec: {path: ./program}"),
        FUNCTION.format(kind="container: {image: example.com/program}"),
        FUNCTION.format(kind="starlark: {path: program.star}"),
        "apiVersion: someteam.example.com/v1\nkind: Program\nmetadata: {name: x}\n",
    ],
    ids=["exec", "container", "starlark", "by-name"],
)
@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_a_plugin_that_is_a_program_is_never_run(
    repository: Repository, rendered: Render, field: str, plugin: str
) -> None:
    tree = repository(
        {
            "web/kustomization.yaml": f"resources: [a.yaml]\n{field}: [plugin.yaml]\n",
            "web/a.yaml": config_map("a"),
            "web/plugin.yaml": plugin,
            "web/program": "#!/bin/sh\necho 'kind: Made' >&2; exit 1\n",
        }
    )
    (tree.root / "web/program").chmod(0o755)

    with pytest.raises(RenderFailed, match="kustomize: "):
        rendered(tree, "web")
