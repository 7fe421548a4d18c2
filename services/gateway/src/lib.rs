//! The one public door: gRPC, gRPC-Web, REST, health and reflection of the whole suite.
