# SPDX-License-Identifier: Apache-2.0
# slotplanner-server and its tool; docs/operations.md, "Container image".
# scripts/image builds it; docker, podman and buildah can too.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
# A layer of its own, which changes to sources leave alone.
COPY scripts/install-deps scripts/lib.sh scripts/
RUN scripts/install-deps --build
COPY . .
RUN --mount=type=cache,target=/ccache \
    export CCACHE_DIR=/ccache && \
    cmake --preset release -D BUILD_TESTING=OFF && \
    ninja -C build/release slotplanner-server slotplanner && \
    install --strip -D --target-directory=/out build/release/bin/*

FROM ${BASE}
RUN --mount=type=bind,source=scripts,target=/scripts \
    /scripts/install-deps --runtime && \
    rm -rf /var/cache/apt/* /var/cache/ldconfig/* /var/lib/apt/lists/* \
        /var/log/*
COPY LICENSE /usr/share/doc/slotplanner/copyright
COPY deploy/image/server.yaml /etc/slotplanner/server.yaml
COPY --from=build /out/ /usr/local/bin/

# Nobody's user id: no file belongs to it, and it is not in /etc/passwd.
USER 65532:65532
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/slotplanner-server", "--healthcheck", \
         "--config=/etc/slotplanner/server.yaml"]
# Whoever needs root after all adds --refuse_root=false: the last flag counts.
ENTRYPOINT ["/usr/local/bin/slotplanner-server", "--refuse_root=true"]
CMD ["--config=/etc/slotplanner/server.yaml"]

# Last, since these change with every commit.
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="slotplanner" \
      org.opencontainers.image.description="Slot planning for Redis Cluster and Valkey Cluster" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
