//! What the process tests share: children, their deaths, fresh tables.
