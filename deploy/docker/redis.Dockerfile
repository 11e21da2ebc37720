# Redis from Debian's packages, for a place where no image registry can be reached (closed.yml).
ARG BASE_IMAGE=local/debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* && install -d -o 10001 -g 10001 /data
WORKDIR /data
USER 10001:10001
EXPOSE 6379
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["redis-server", "--bind", "0.0.0.0"]
