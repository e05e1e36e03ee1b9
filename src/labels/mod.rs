//! PURE: what is printed and stuck on things.

pub mod symbol;
