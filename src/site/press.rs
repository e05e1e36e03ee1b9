//! The press: fills templates page by page and hands every page out as soon as it is made.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tera::{Context, Value};

use super::frame::Frame;
use super::here::Here;
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::{Body, Failure, Output, Theme};
use crate::labels::symbol::Symbol;
use crate::register::{Number, is_bidi_control, is_stray_control};

/// Makes pages of one site and gives them to one sink.
pub(super) struct Press<'a, S> {
    pub site: &'a Lookup<'a>,
    theme: &'a Theme,
    frame: Frame,
    sink: &'a S,
    /// Symbols that were made for pages of assets, for the labels: they take long to make.
    symbols: Mutex<HashMap<Number, Symbol>>,
}

/// A page before it is printed.
pub(super) struct Sheet<V> {
    /// Its folder from the root, ending in `/`; empty for the overview.
    pub path: String,
    pub template: &'static str,
    pub title: String,
    /// What the template calls `view`.
    pub name: &'static str,
    pub view: V,
    /// What the page says of when it was made, where that is not the day alone.
    pub state: Option<Phrase>,
}

/// What a template knows of the page it makes.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    root: &'a str,
    /// Where style and script are.
    statics: String,
    home: &'a str,
    /// The path of the part of the site that the page belongs to.
    section: &'a str,
    state: Option<&'a Phrase>,
    /// Whether it stands anywhere, so that it may not point into itself.
    bare: bool,
}

impl<'a, S> Press<'a, S> {
    pub fn new(site: &'a Lookup<'a>, theme: &'a Theme, sink: &'a S) -> Press<'a, S> {
        Press { site, theme, frame: Frame::new(site, theme), sink, symbols: Mutex::default() }
    }

    pub fn here(&self, path: &str) -> Here<'a> {
        Here::at(self.site, path)
    }

    /// Prints a page and hands it out.
    pub fn print<V: Serialize, E>(&self, sheet: &Sheet<V>) -> Result<(), Failure<E>>
    where
        S: Fn(Output) -> Result<(), E>,
    {
        let root = Here::at(self.site, &sheet.path).root;
        let text = self.fill(sheet, &root)?;
        self.hand_out(format!("{}index.html", sheet.path), text)
    }

    /// The text of a page whose links begin with `root`.
    pub fn fill<V: Serialize, E>(&self, sheet: &Sheet<V>, root: &str) -> Result<String, Failure<E>> {
        self.fill_at(sheet, root, None)
    }

    /// The same, of a page that stands elsewhere than the site, with its own style and script.
    pub fn fill_at<V: Serialize, E>(
        &self,
        sheet: &Sheet<V>,
        root: &str,
        statics: Option<&str>,
    ) -> Result<String, Failure<E>> {
        let page = Page {
            statics: statics.map_or_else(|| format!("{root}static/"), str::to_owned),
            title: self.frame.page_title(&sheet.title),
            root,
            home: root,
            section: sheet.path.find('/').map_or("", |end| &sheet.path[..=end]),
            state: sheet.state.as_ref().or(self.frame.state()),
            bare: if statics.is_some() { root.contains("://") } else { root.starts_with('/') },
        };
        let mut context = Context::new();
        context.insert_value("t", self.frame.words.clone());
        context.insert_value("site", self.frame.site(sheet.template));
        context.insert_value("page", value(&page)?);
        context.insert_value(sheet.name, value(&sheet.view)?);
        let filled = self.theme.fill(sheet.template, &context);
        filled.map(visible).map_err(|reason| Failure::Template { template: sheet.template, reason })
    }

    /// Hands out a file with this text.
    pub fn hand_out<E>(&self, path: impl Into<String>, text: impl Into<String>) -> Result<(), Failure<E>>
    where
        S: Fn(Output) -> Result<(), E>,
    {
        self.give(Output { path: path.into(), body: Body::Text(text.into()) })
    }

    pub fn give<E>(&self, output: Output) -> Result<(), Failure<E>>
    where
        S: Fn(Output) -> Result<(), E>,
    {
        (self.sink)(output).map_err(Failure::Sink)
    }

    pub fn keep(&self, number: &Number, symbol: Symbol) {
        self.symbols.lock().unwrap_or_else(PoisonError::into_inner).insert(number.clone(), symbol);
    }

    pub fn kept(&self, number: &Number) -> Option<Symbol> {
        self.symbols.lock().unwrap_or_else(PoisonError::into_inner).remove(number)
    }

    pub fn statics(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.theme.statics()
    }

    pub fn theme(&self) -> &'a Theme {
        self.theme
    }

    pub fn headers(&self) -> &str {
        &self.frame.headers
    }
}

/// Without the characters that `check` complains of: they take no ink, and some turn what stands beside them around.
pub(super) fn visible(text: String) -> String {
    let hidden = |c: char| is_stray_control(c) || is_bidi_control(c);
    if text.contains(hidden) { text.replace(hidden, "") } else { text }
}

fn value<E>(view: &impl Serialize) -> Result<Value, Failure<E>> {
    Value::try_from_serializable(view)
        .map_err(|error| Failure::Template { template: "view", reason: error.to_string() })
}
