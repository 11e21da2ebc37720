# Prometheus, alertmanager and their tools from Debian's packages, for a place where no image registry can be reached (closed.yml).
ARG BASE_IMAGE=local/debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus prometheus-alertmanager && rm -rf /var/lib/apt/lists/*
USER 10001:10001
EXPOSE 9090 9093
ENTRYPOINT ["/usr/bin/tini", "--", "prometheus"]
