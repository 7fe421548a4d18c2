//! OSCAL documents, read and written: plain values in, plain values out.
