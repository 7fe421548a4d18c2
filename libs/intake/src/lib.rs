//! Other systems' export files, read tolerantly into import records.
