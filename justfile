# Commands of the repository; anything with logic is `cargo xtask`.

# List them.
default:
    @just --list

# Start the suite with the sample operator.
up:
    cargo run --release -- up --sample

# Every test, on both databases.
test *rest:
    cargo xtask test {{rest}}

# Formatting, clippy, docs.
check:
    cargo xtask check

# Lint and breaking changes of the proto files.
protos:
    cargo xtask protos

# What CI runs.
ci:
    bash .ci/run
