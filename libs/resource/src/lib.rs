//! The AIP vocabulary with no I/O: names, ids, field masks, etags, page tokens, order-by, filters.
