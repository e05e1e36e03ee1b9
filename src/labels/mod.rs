//! PURE: what is printed and stuck on things.
//!
//! 1. [`symbol`] makes the symbol that a phone reads, as large and as robust as the stock allows.
//! 2. [`layout`] sets it and the words on one label, in millimetres.
//! 3. [`sheet`] lays labels on pages, as SVG.
//! 4. [`pdf`] and [`raster`] make of pages what printers take.

pub mod layout;
pub mod pdf;
pub mod raster;
pub mod sheet;
pub mod symbol;
mod text;

pub(crate) use text::{Anchor, Style, apart_on_each, direction, is_from_right, set_apart};
pub use text::{FONTS, Fonts};
