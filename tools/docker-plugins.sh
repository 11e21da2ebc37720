#!/usr/bin/env bash
# Fetches Docker's compose and buildx plugins from Debian trixie, where this machine's Debian has none, into the folder that $DOCKER_CONFIG
# (default ~/.docker) names. Nothing is installed system-wide, and apt's own lists stay as they are.
set -euo pipefail

config=${DOCKER_CONFIG:-$HOME/.docker}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; then
  echo "docker compose and docker buildx are there."
  exit 0
fi
command -v apt-get >/dev/null || { echo "apt-get was not found: install Docker's compose and buildx plugins as your system does." >&2; exit 1; }
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/parts" "$work/root" "$config/cli-plugins"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} trixie main" >"$work/sources.list"
options=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=$work/parts" -o "Dir::State::Lists=$work/lists"
  -o "Dir::Cache::Archives=$work/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update >/dev/null
(cd "$work" && apt-get "${options[@]}" download docker-compose docker-buildx >/dev/null)
for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
for plugin in docker-compose docker-buildx; do
  install -m 755 "$work/root/usr/libexec/docker/cli-plugins/$plugin" "$config/cli-plugins/$plugin"
done
docker compose version
docker buildx version
