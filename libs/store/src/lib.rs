//! The database: dialects, transactions, migrations, the resource engine, the change ledger.
