#!/bin/sh
# Prints the three Secrets that the services read, with fresh random values, for the Redis and MinIO of overlay `dev`:
#   deploy/k8s/secrets.sh | kubectl create -n ursa -f -
# `create` refuses what is there, so nothing is changed by accident. Elsewhere, make Secrets of these names and keys from
# yours: `url` may be rediss://, `address` is its host and port, and `tls` is then `enable`.
set -eu
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
secret() { name=$1; shift; kubectl create secret generic "$name" --dry-run=client -o yaml "$@"; echo ---; }

password=$(random)
secret ursa-redis \
  --from-literal=url="redis://ursa:$password@redis:6379" \
  --from-literal=address=redis.ursa.svc:6379 --from-literal=username=ursa --from-literal=password="$password" --from-literal=tls=disable \
  --from-literal=users.acl="$(sed "s/PASSWORD/$password/" "$(dirname "$0")/../redis/users.acl")"
secret ursa-store --from-literal=access-key="ursa-$(random | cut -c1-12)" --from-literal=secret-key="$(random)"
secret ursa-admin --from-literal=admin-key="$(random)"
