//! The commands: one file each, or a few that are one idea. Each has `Args` and `run(args, out)`.
pub(crate) mod check;
pub(crate) mod clear;
pub(crate) mod count;
pub(crate) mod create;
pub(crate) mod del;
pub(crate) mod demo;
pub(crate) mod dump;
pub(crate) mod get;
pub(crate) mod lifetime;
pub(crate) mod load;
pub(crate) mod ls;
pub(crate) mod number;
pub(crate) mod rm;
pub(crate) mod set;
pub(crate) mod stat;
pub(crate) mod tables;
pub(crate) mod top;
