//! Colour and the lines of success and failure: quiet, on a terminal only, `NO_COLOR` honoured.

use std::fmt::Display;
use std::io::Write;

use anstyle::{AnsiColor, Color, Style};

use super::Stop;

/// Dim text.
pub(super) const DIM: Style = Style::new().dimmed();
/// Bold text.
pub(super) const BOLD: Style = Style::new().bold();
/// Something is wrong.
pub(super) const RED: Style = colour(AnsiColor::Red);
/// Something deserves a look.
pub(super) const YELLOW: Style = colour(AnsiColor::Yellow);
/// Something is out.
pub(super) const BLUE: Style = colour(AnsiColor::Blue);
/// Something is well.
pub(super) const GREEN: Style = colour(AnsiColor::Green);

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}

/// `text` in a style.
pub(super) fn in_style(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Text of a register on one line of a terminal: nothing in it can move the cursor or change colours.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() || crate::register::is_bidi_control(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Says a line on standard output.
pub(super) fn say(line: impl Display) -> Result<(), Stop> {
    Ok(writeln!(anstream::stdout(), "{line}")?)
}

/// Says a line on standard error, where somebody listens.
pub(super) fn aside(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Says on standard error why a command failed, and what would help.
pub(super) fn error(why: &str, hint: Option<&str>) {
    aside(&format!("{} {}", in_style(RED.bold(), "error:"), plain(why)));
    if let Some(hint) = hint {
        aside(&format!("{} {}", in_style(BOLD, "hint:"), plain(hint)));
    }
}

/// Says something on the side, on standard error.
pub(super) fn note(what: &str) {
    aside(&format!("{} {}", in_style(YELLOW.bold(), "note:"), plain(what)));
}

/// `1 error`, `2 errors`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = match (number, what.strip_suffix('y')) {
        (1, _) => what.to_owned(),
        _ if what == "person" => "people".to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{what}s"),
    };
    format!("{number} {plural}")
}
