# syntax=docker/dockerfile:1
# One image for every role: `syncline server`, `scheduler`, `worker`, `flower`; docs/install.md.
# Debian 12 and Python 3.11 are what Syncline is measured on. A test holds the ARGs to
# tools/versions.env and the Makefile.
ARG DEBIAN=bookworm
ARG PYTHON=3.11

FROM golang:1.26-${DEBIAN} AS renderers
ARG HELM_VERSION=4.3.1
ARG KUSTOMIZE_VERSION=5.8.1
ARG JSONNET_VERSION=0.22.0
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
RUN go install -ldflags="-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM_VERSION}" \
      "helm.sh/helm/v4/cmd/helm@v${HELM_VERSION}" \
 && go install -ldflags="-s -w" "sigs.k8s.io/kustomize/kustomize/v5@v${KUSTOMIZE_VERSION}" \
 && go install -ldflags="-s -w" "github.com/google/go-jsonnet/cmd/jsonnet@v${JSONNET_VERSION}"
COPY workers/engines /engines
RUN go build -C /engines/helm -o /go/bin/syncline-helm \
      -ldflags="-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM_VERSION}" \
 && go build -C /engines/kustomize -o /go/bin/syncline-kustomize -ldflags="-s -w"

FROM python:${PYTHON}-slim-${DEBIAN} AS build
ARG UV_VERSION=0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/syncline UV_PYTHON=/usr/local/bin/python3 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
# Dependencies first: they change less often than the code, and their layer is kept.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --extra tracing --no-install-project
COPY README.md LICENSE ./
COPY platform ./platform
COPY workers ./workers
RUN uv sync --frozen --no-default-groups --extra tracing --no-editable

FROM python:${PYTHON}-slim-${DEBIAN}
LABEL org.opencontainers.image.title="Syncline" \
      org.opencontainers.image.description="Keeps a fleet of Kubernetes clusters in line with Git." \
      org.opencontainers.image.licenses="Apache-2.0"
# tini: git leaves helpers behind, and the first process of a container has to reap them.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git gnupg openssh-client tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --home-dir /var/lib/syncline syncline \
 && install -d -o 10001 -g 10001 -m 0700 /var/cache/syncline
COPY --from=renderers /go/bin/helm /go/bin/kustomize /go/bin/jsonnet \
  /go/bin/syncline-helm /go/bin/syncline-kustomize /usr/local/bin/
COPY --from=build /opt/syncline /opt/syncline
ENV PATH=/opt/syncline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/syncline
ENTRYPOINT ["tini", "--", "syncline"]
CMD ["--help"]
