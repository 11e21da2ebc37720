#!/usr/bin/env bash
# Everything deploy/docker/closed.yml needs that an image registry would have given: the base images (base-image.sh), Redis from Debian
# (local/redis:7), Prometheus with alertmanager from Debian (local/prometheus:2) and MinIO from its Go module (local/minio:1). What is there already is kept; `--again` makes all of it anew.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
"$root/tools/base-image.sh" "$@"

is_wanted() { [ "${again:-}" = yes ] || ! docker image inspect "$1" >/dev/null 2>&1; }
[ "${1:-}" = --again ] && again=yes

for image in redis:7 prometheus:2; do
  is_wanted "local/$image" || continue
  echo "=== local/$image, from Debian's packages"
  docker build --quiet --file "$root/deploy/docker/${image%:*}.Dockerfile" --tag "local/$image" "$root/deploy/docker" >/dev/null
done

if is_wanted local/minio:1; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  minio=$(command -v minio || { command -v go >/dev/null && command -v "$(go env GOPATH)/bin/minio"; } || true)
  if [ -z "$minio" ]; then
    command -v go >/dev/null || { echo "MinIO is built from its Go module, and go was not found: apt-get install golang, or name a store of your own in URSA_STORE_URL." >&2; exit 1; }
    echo "=== building MinIO (some minutes, once)"
    GOBIN="$work" CGO_ENABLED=0 go install github.com/minio/minio@latest
    minio="$work/minio"
  fi
  echo "=== local/minio:1, from $minio"
  [ "$minio" = "$work/minio" ] || cp "$minio" "$work/minio"
  docker build --quiet --file "$root/deploy/docker/minio.Dockerfile" --tag local/minio:1 "$work" >/dev/null
fi
echo "local/redis:7, local/prometheus:2 and local/minio:1 are there."
