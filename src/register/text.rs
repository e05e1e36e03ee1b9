//! What is wrong with a TOML file's text before and beside its grammar: conflict markers, hidden characters, depth, dialect.

use std::ops::Range;

use super::finding::{Finding, Place};

/// Tables within tables, arrays within arrays and parts of a dotted key that a file may have.
const MAX_DEPTH: usize = 32;

/// Hidden characters that are looked at in one file; one with more is no text.
const MOST_HIDDEN: usize = 1000;

/// Looks `text` over; what [`stops_parsing`] is not parsed.
pub(super) fn look_over(path: &str, text: &str) -> Vec<Finding> {
    let mut scan = Scan { path, text, findings: Vec::new(), newer: Vec::new() };
    scan.conflicts();
    scan.hidden_characters();
    scan.grammar();
    scan.findings
}

/// Whether the parser must not see `text`, in which this was found.
pub(super) fn stops_parsing(text: &str, found: &[Finding]) -> bool {
    let stops = |finding: &Finding| matches!(finding.rule, "merge-conflict" | "too-deep");
    found.len() > MOST_HIDDEN || text.contains('\0') || found.iter().any(stops)
}

/// Bidirectional controls, which make text read other than it is
/// (Unicode Standard Annex #9, explicit formatting characters).
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Control characters that no text of a register needs; line breaks and tabs are fine.
#[must_use]
pub fn is_stray_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// A text as one plain line of a message: line breaks and controls are written out.
pub(super) fn one_line(text: String) -> String {
    let breaks = |c: char| c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if breaks(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

/// Characters that take no or hardly any ink and make two names look alike.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{180e}')
}

/// Whether a link's address leads to where links of notes may lead: http, https, mailto, tel, or within the site.
#[must_use]
pub fn is_safe_link(address: &str) -> bool {
    let plain: String =
        address.chars().filter(|c| !c.is_control() && !c.is_whitespace() && !is_invisible(*c)).collect();
    let before_path = plain.split(['/', '?', '#']).next().unwrap_or_default();
    match before_path.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto", "tel"].iter().any(|good| good.eq_ignore_ascii_case(scheme)),
        // Two slashes lead to another host, and browsers take a backslash for one.
        None => !plain.starts_with("//") && !plain.contains('\\'),
    }
}

struct Scan<'a> {
    path: &'a str,
    text: &'a str,
    findings: Vec<Finding>,
    /// What only TOML 1.1 allows and has been found; it is said once.
    newer: Vec<&'static str>,
}

impl Scan<'_> {
    fn found(&mut self, rule: &'static str, span: Range<usize>, message: impl Into<String>, hint: &str) {
        let place = Place { path: self.path.into(), span: Some(span.into()) };
        self.findings.push(Finding::new(rule, message).at(place).hint(hint));
    }

    fn conflicts(&mut self) {
        let mut start = 0;
        let mut is_open = false;
        for line in self.text.split_inclusive('\n') {
            let marks = |mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.starts_with([' ', '\r', '\n']));
            let (opens, closes) = (marks("<<<<<<<"), marks(">>>>>>>"));
            if opens || closes && !is_open {
                let span = start..start + line.trim_end().len();
                self.found(
                    "merge-conflict",
                    span,
                    "unresolved merge conflict",
                    "keep what is right of both sides and delete the marker lines",
                );
            }
            is_open = opens || is_open && !closes;
            start += line.len();
        }
    }

    /// Each run of characters that hide or change what is shown; the first NUL says that this is no text at all.
    fn hidden_characters(&mut self) {
        let hides = |c: char| is_bidi_control(c) || is_stray_control(c);
        let mut rest = self.text;
        while let Some((start, c)) = rest.char_indices().find(|(_, c)| hides(*c)) {
            let at = self.text.len() - rest.len() + start;
            if c == '\0' {
                let hint = "save the file as UTF-8; UTF-16 and binary files are not read";
                self.found("hidden-character", at..at + 1, "a NUL character: this is not UTF-8 text", hint);
                return;
            }
            let run = rest[start..].find(|c| !hides(c) || c == '\0').unwrap_or(rest.len() - start);
            let message = format!("hidden character U+{:04X}", u32::from(c));
            let hint = "delete it: what is shown would not be what is written";
            self.found("hidden-character", at..at + run, message, hint);
            rest = &rest[start + run..];
            if self.findings.len() > MOST_HIDDEN {
                return;
            }
        }
    }

    /// One pass over strings, comments and brackets: depth, and what only TOML 1.1 allows.
    fn grammar(&mut self) {
        let bytes = self.text.as_bytes();
        let mut walk = Walk { nesting: Vec::new(), dots: 0, comma: None };
        let mut at = 0;
        while at < bytes.len() {
            let next = match bytes[at] {
                b'#' => self.line_end(at),
                b'"' | b'\'' => self.string(at),
                byte => {
                    self.mark(byte, at, &mut walk);
                    at + 1
                }
            };
            if !matches!(bytes[at], b' ' | b'\t' | b'\r' | b'\n' | b',' | b'}' | b'#') {
                walk.comma = None;
            }
            if walk.nesting.len() > MAX_DEPTH || walk.dots >= MAX_DEPTH {
                self.found(
                    "too-deep",
                    at..at + 1,
                    format!("nested deeper than {MAX_DEPTH}"),
                    "nothing in a register needs this depth",
                );
                return;
            }
            at = next;
        }
    }

    fn mark(&mut self, byte: u8, at: usize, walk: &mut Walk) {
        match byte {
            b'[' | b'{' => walk.nesting.push(byte),
            b']' | b'}' => {
                if let (b'}', Some(comma)) = (byte, walk.comma) {
                    self.newer(comma..comma + 1, "a comma after the last entry of an inline table");
                }
                walk.nesting.pop();
            }
            b',' if walk.nesting.last() == Some(&b'{') => walk.comma = Some(at),
            b'\n' if walk.nesting.last() == Some(&b'{') => {
                self.newer(at..at + 1, "a line break in an inline table");
            }
            b':' => self.time_without_seconds(at),
            _ => {}
        }
        match byte {
            b'.' => walk.dots += 1,
            b'\n' | b'=' | b',' | b'{' | b'[' => walk.dots = 0,
            _ => {}
        }
    }

    fn newer(&mut self, span: Range<usize>, what: &'static str) {
        if self.newer.contains(&what) {
            return;
        }
        self.newer.push(what);
        self.found(
            "toml-1-1",
            span,
            format!("{what} needs TOML 1.1"),
            "other tools read TOML 1.0; write it the older way",
        );
    }

    fn time_without_seconds(&mut self, colon: usize) {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let around = colon >= 2 && digit(colon - 1) && digit(colon - 2) && digit(colon + 1) && digit(colon + 2);
        let seconds_before = colon >= 3 && bytes[colon - 3] == b':';
        if around && !seconds_before && bytes.get(colon + 3) != Some(&b':') && !self.is_offset(colon) {
            self.newer(colon - 2..colon + 3, "a time without seconds");
        }
    }

    /// Whether the `HH:MM` around `colon` is an offset such as `+01:00`.
    fn is_offset(&self, colon: usize) -> bool {
        let sign = colon.checked_sub(3).and_then(|at| self.text.as_bytes().get(at));
        let time = colon.checked_sub(4).and_then(|at| self.text.as_bytes().get(at));
        matches!(sign, Some(b'+'))
            || matches!(sign, Some(b'-')) && time.is_some_and(u8::is_ascii_digit) && self.after_time(colon - 3)
    }

    fn after_time(&self, sign: usize) -> bool {
        // A time with a fraction of nine digits is eighteen bytes long.
        let before = &self.text.as_bytes()[sign.saturating_sub(18)..sign];
        let time =
            before.iter().rposition(|byte| matches!(byte, b'\n' | b' ' | b'T')).map_or(before, |at| &before[at..]);
        time.contains(&b':')
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline)
    }

    /// Passes over the string that opens at `at` and gives the byte after it.
    fn string(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let quote = &rest[..1];
        let triple = &rest.as_bytes()[..rest.len().min(3)] == quote.repeat(3).as_bytes();
        let close = if triple { quote.repeat(3) } else { quote.to_owned() };
        let bytes = rest.as_bytes();
        let mut place = close.len();
        while place < bytes.len() {
            match bytes[place] {
                b'\\' if quote == "\"" => {
                    if matches!(bytes.get(place + 1), Some(b'e' | b'x')) {
                        self.newer(at + place..at + place + 2, "this escape");
                    }
                    place += 2;
                }
                b'\n' if !triple => return at + place,
                _ if bytes[place..].starts_with(close.as_bytes()) => return at + place + close.len(),
                _ => place += 1,
            }
        }
        self.text.len()
    }
}

struct Walk {
    /// Brackets and braces that are open.
    nesting: Vec<u8>,
    /// Dots since the last thing that ends a key.
    dots: usize,
    /// A comma of an inline table after which nothing has come yet.
    comma: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        look_over("a.toml", text).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn plain_toml_has_nothing_to_look_over() {
        let text = "# a.b.c [ { \na = \"x # [ \\\" \" # é\nat = 2026-02-03T09:00:00+01:00\nb = '''\n[[[ =======\n'''\nc = [1,\n2,]\nd = { e = 1 }\nt = 09:14:00.123\nu = 2026-02-03 09:00:00-08:00\n";
        assert_eq!(rules(text), Vec::<&str>::new());
    }

    #[test]
    fn what_hides_or_confuses_is_found() {
        assert_eq!(rules("<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> x\n"), ["merge-conflict"]);
        assert_eq!(rules("a = \"\u{202e}x\" # \u{1b}"), ["hidden-character"; 2]);
        assert_eq!(rules("a = \"שלום \u{200d}\u{fe0f}\""), Vec::<&str>::new());
    }

    #[test]
    fn depth_is_bounded_before_parsing() {
        assert_eq!(rules(&"[".repeat(200_000)), ["too-deep"]);
        assert_eq!(rules(&format!("[a{}]", ".a".repeat(5_000))), ["too-deep"]);
        assert_eq!(rules(&format!("a = '{}'", "[".repeat(100))), Vec::<&str>::new());
    }

    #[test]
    fn newer_toml_is_said() {
        for text in
            ["a = { b = 1, }", "a = { b = 1,\n c = 2 }", r#"a = "\e""#, r#"a = "\x41""#, "at = 2026-02-03T09:00Z"]
        {
            assert_eq!(rules(text).first(), Some(&"toml-1-1"), "{text}");
        }
    }
}
