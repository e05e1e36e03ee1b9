//! Notes in Markdown as HTML: raw HTML is shown, never run, and links lead only where links should.

use crate::register::is_safe_link;
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// The notes of a record as HTML. Pictures become links to them, headings start below the page's own.
#[must_use]
pub fn to_html(notes: &str) -> String {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    let mut dropped = Vec::new();
    let events = Parser::new_ext(notes, options).filter_map(|event| tamed(event, &mut dropped));
    let mut page = String::new();
    html::push_html(&mut page, events);
    page
}

/// The target of a link, if a page may lead there: no scheme, or one of the allowed ones.
#[must_use]
pub fn safe_link(target: &str) -> Option<String> {
    let plain: String = target.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    is_safe_link(&plain).then_some(plain)
}

/// `dropped` remembers, for every open link, whether its target was refused.
fn tamed<'a>(event: Event<'a>, dropped: &mut Vec<bool>) -> Option<Event<'a>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(heading())),
        Event::End(TagEnd::Heading(_)) => Some(Event::End(heading().into())),
        Event::Start(Tag::Link { link_type, dest_url, title, id } | Tag::Image { link_type, dest_url, title, id }) => {
            let target = match link_type {
                LinkType::Email => Some(format!("mailto:{dest_url}")),
                _ => safe_link(&dest_url),
            };
            dropped.push(target.is_none());
            let dest_url = CowStr::from(target?);
            Some(Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id }))
        }
        Event::End(TagEnd::Link | TagEnd::Image) => {
            let was_dropped = dropped.pop().unwrap_or(false);
            (!was_dropped).then_some(Event::End(TagEnd::Link))
        }
        other => Some(other),
    }
}

fn heading<'a>() -> Tag<'a> {
    Tag::Heading { level: pulldown_cmark::HeadingLevel::H3, id: None, classes: Vec::new(), attrs: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_shown_and_never_run() {
        let page = to_html("a <b onclick=x>b</b>\n\n<script>alert(1)</script>\n\n# Big");
        assert!(!page.contains("<b") && !page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;") && page.contains("<h3>Big</h3>"), "{page}");
    }

    #[test]
    fn links_lead_only_where_links_should() {
        for bad in
            ["javascript:x", "data:text/html,x", "java\tscript:x", "JaVaScRiPt:x", "//evil.example", "vbscript:x"]
        {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
        for good in ["https://a.example/x:y", "mailto:a@b.example", "../CAM-0001/", "#x", "files/a.pdf"] {
            assert_eq!(safe_link(good).as_deref(), Some(good));
        }
        let page = to_html(
            "[a](javascript:alert(1)) [b](<java\tscript:x>) ![c](data:x) [d](https://d.example) <javascript:x>",
        );
        assert_eq!(page.matches("<a ").count(), 1, "{page}");
        assert!(page.contains("https://d.example") && !page.contains("<img"), "{page}");
    }
}
