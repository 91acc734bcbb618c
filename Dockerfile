# The web client, then the server with it inside, then only the binary.

FROM node:22-bookworm-slim AS web
WORKDIR /source
COPY web-client/package.json web-client/package-lock.json web-client/
RUN cd web-client && npm ci --ignore-scripts --no-audit --no-fund
COPY protocol/fixtures protocol/fixtures
COPY web-client web-client
RUN cd web-client && npm run build

FROM rust:1.95-bookworm AS server
WORKDIR /source
COPY . .
COPY --from=web /source/web-client/dist web-client/dist
RUN cargo build --release --locked --package hartslag-server \
 && install -D -m 0755 target/release/hartslag /out/hartslag \
 && mkdir -p /out/data

# Holds libc and nothing to log in with; its user 65532 is not root.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=server /out/hartslag /usr/local/bin/hartslag
COPY --from=server --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENV HARTSLAG_LISTEN=0.0.0.0:8080 HARTSLAG_DATA=/data
ENTRYPOINT ["/usr/local/bin/hartslag"]
CMD ["serve"]
