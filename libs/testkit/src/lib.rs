//! The suite in one process, faults and clocks, for tests.
