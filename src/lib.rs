//! tagbook: know what your team owns, where each thing is, who has it and what state it is in.

pub mod cli;
pub mod disk;
pub mod exchange;
pub mod git;
pub mod labels;
pub mod register;
pub mod site;
pub mod tree;
