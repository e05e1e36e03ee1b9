//! tagbook: know what your team owns, where each thing is, who has it and what state it is in.

pub mod labels;
pub mod register;
pub mod site;
pub mod tree;
