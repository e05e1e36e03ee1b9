//! races
pub fn lost_replies() {}
pub fn two_clones() {}
