//! REST/JSON for gRPC from descriptors; OpenAPI.
