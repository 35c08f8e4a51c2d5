# Two stages: the program is built with Rust, and runs on a small Debian as a user without rights.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY connectors connectors
COPY config config
COPY src src
# Not built here, but a member of the workspace.
COPY tests/fuzz tests/fuzz
# The tests are not part of the image; cargo wants the file of their target to exist.
RUN mkdir -p tests/it && echo '//! Not built.' > tests/it/main.rs \
    && cargo build --release --locked --bin accolade \
    && strip target/release/accolade

FROM debian:bookworm-slim
# The roots of trust for the LMSs, the mail server and the database.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/accolade --create-home accolade
COPY --from=build /build/target/release/accolade /usr/local/bin/accolade
USER accolade
WORKDIR /var/lib/accolade
ENV ACCOLADE_SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
# Mount the configuration at /etc/accolade: accolade.toml, badges/ and keys/, the keys readable by
# user 10001 alone. Relative paths start there; what is written, such as a SQLite file, needs a
# volume of its own: sqlite:///var/lib/accolade/accolade.db.
ENTRYPOINT ["accolade"]
CMD ["serve", "--config", "/etc/accolade/accolade.toml"]
