#!/usr/bin/env bash
# What the cluster of DIR needs on a machine that is not its own. `undo` takes back what outlives it.
#   - Docker lets nothing be forwarded but its own; pods must reach each other.
#   - The kubelet removes images that no pod uses when the disk is nearly full, and none of these can be pulled again.
set -euo pipefail
dir=${1:?usage: settle-node.sh DIR [undo]}
action=-I
[ "${2:-}" = undo ] && action=-D
if iptables -nL DOCKER-USER > /dev/null 2>&1; then
  iptables "$action" DOCKER-USER -i cni0 -j ACCEPT
  iptables "$action" DOCKER-USER -o cni0 -j ACCEPT
fi
[ "$action" = -D ] && exit 0
printf 'imageGCHighThresholdPercent: 100\nimageGCLowThresholdPercent: 99\n' >> "$dir/kubelet.yaml"
pid=$(cat "$dir/pids/kubelet")
mapfile -d '' command < "/proc/$pid/cmdline"
kill "$pid"
while kill -0 "$pid" 2> /dev/null; do sleep 0.2; done
cd "$dir"
nohup "${command[@]}" >> logs/kubelet.log 2>&1 &
echo $! > pids/kubelet
