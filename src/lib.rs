//! dev
pub mod labels;
pub mod register;
pub mod site;
pub mod tree;
