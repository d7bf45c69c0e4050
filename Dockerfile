# syntax=docker/dockerfile:1
# The shipped binary in a small image: docker build -t weir .

FROM rust:1-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ make pkg-config libclang-dev libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches outlive a build, so a changed line does not build RocksDB and Arrow again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --profile dist -p weir \
    && cp target/dist/weir /usr/local/bin/weir

FROM debian:bookworm-slim
# curl is for the health check; certificates are for brokers with TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/weir --create-home weir
COPY --from=build /usr/local/bin/weir /usr/local/bin/weir
USER weir
WORKDIR /var/lib/weir
VOLUME /var/lib/weir
EXPOSE 8088
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8088/healthcheck"]
ENTRYPOINT ["weir"]
CMD ["server", "--data-dir", "/var/lib/weir"]
