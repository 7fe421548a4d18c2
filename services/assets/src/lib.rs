//! The asset registry (ITU-T X.1057): assets, dependencies, sites, policies, changes, import.
