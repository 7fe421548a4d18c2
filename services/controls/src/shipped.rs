//! What ships: documents, catalogues, controls and the mappings between editions, in our own words.
