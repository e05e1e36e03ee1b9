//! The fonts of this machine, for characters that those of this program lack.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use resvg::usvg::fontdb::Database;

use super::paint;
use crate::labels::Fonts;

/// The fonts of this machine, looked for once.
pub(super) fn system() -> &'static Database {
    static SYSTEM: OnceLock<Database> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        fonts
    })
}

/// The fonts that draw what `lacking` says others lack; says on standard error what none of them has.
pub(super) fn drawing(lacking: impl Fn(&Fonts) -> BTreeSet<char>) -> Fonts {
    let own = Fonts::default();
    let lacks = lacking(&own);
    if lacks.is_empty() {
        return own;
    }
    let all = Fonts::with(system(), &lacks);
    let lacks = lacking(&all);
    if !lacks.is_empty() {
        let shown: Vec<String> = lacks.iter().take(8).map(|c| format!("`{}`", c.escape_debug())).collect();
        let more = if lacks.len() > 8 { " and others" } else { "" };
        paint::note(&format!(
            "no font of this machine has {}{more}: a question mark is printed instead; install one, such as Noto Sans for that script",
            shown.join(", ")
        ));
    }
    all
}
