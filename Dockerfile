# The server and its page, built with the same packages as ./dev, in an image with only what running them takes.
FROM debian:12 AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates cmake g++ mold ninja-build nodejs npm pkg-config \
      libboost1.81-dev libcli11-dev libpq-dev libsodium-dev libspdlog-dev libssl-dev libzstd-dev \
      nlohmann-json3-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release -DBUILD_TESTING=OFF && cmake --build --preset release --target buttonwood

FROM debian:12-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      curl libpq5 libsodium23 libspdlog1.10 libssl3 libzstd1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/buttonwood buttonwood
COPY --from=build /src/build/release/api/buttonwood /usr/local/bin/buttonwood
USER buttonwood
VOLUME /var/lib/buttonwood
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD curl -fsS http://127.0.0.1:8080/readyz
ENTRYPOINT ["buttonwood"]
# Takes --database-url, see docker-compose.yml: PostgreSQL is not part of this image.
CMD ["serve", "--listen", "0.0.0.0:8080", "--data-dir", "/var/lib/buttonwood"]
