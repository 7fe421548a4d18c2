//! Snapshots of the attack surface, and links to legacy networks.
