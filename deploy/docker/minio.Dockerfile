# MinIO as tools/closed-images.sh built it from its Go module, for a place where no image registry can be reached (closed.yml).
ARG BASE_IMAGE=local/debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends curl && rm -rf /var/lib/apt/lists/* && install -d -o 10001 -g 10001 /data
COPY minio /usr/local/bin/minio
USER 10001:10001
EXPOSE 9000
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["minio", "server", "--quiet", "--address", ":9000", "/data"]
