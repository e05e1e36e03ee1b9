//! The labels of everything in use, sheet by sheet, to be printed from a browser.

use serde::Serialize;

use super::Failure;
use super::here::Here;
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use super::rows::Pager;
use super::{Body, Output};
use crate::labels::layout::{self, Label, Shape, Words};
use crate::labels::sheet::{self, Page, Printing};
use crate::labels::symbol::{Code, Symbol, address};
use crate::labels::{FONTS, Fonts};
use crate::register::stock::Stock;
use crate::register::{Number, Status};

/// Pages of a roll, each of one label, on one page of the site.
const OF_A_ROLL: usize = 30;

/// One page of labels.
#[derive(Serialize)]
struct View {
    /// What they are printed on.
    line: Phrase,
    /// The name of the style sheet that belongs to it.
    style: String,
    sheets: Vec<Drawn>,
    pager: Option<Pager>,
    /// What has no label, since something does not fit.
    without: Vec<String>,
}

/// One page of paper.
#[derive(Serialize)]
struct Drawn {
    svg: String,
    about: String,
}

/// What is printed, and on what.
struct Stack<'a> {
    site: &'a Lookup<'a>,
    stock: Stock,
    base: &'a str,
    fonts: Fonts,
    numbers: Vec<&'a Number>,
    sheets: usize,
}

/// Prints every page of labels; none where nobody knows where labels lead.
pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    use rayon::prelude::*;
    let site = press.site;
    let config = site.config();
    let (true, Some(base), Ok(stock)) =
        (has_pages(site), &config.base_url, Stock::called(&config.labels.stock, &config.labels.stocks))
    else {
        return Ok(());
    };
    let numbers: Vec<&Number> = in_use(site).collect();
    let sheets = sheet::pages(numbers.len(), &stock, &Printing::default());
    let stack = Stack { site, base, fonts: Fonts::of_browser(), numbers, sheets, stock };
    for (name, bytes) in FONTS {
        press.give(Output { path: format!("labels/{name}"), body: Body::Bytes((*bytes).into()) })?;
    }
    press.hand_out(format!("labels/{}", stack.style()), stack.style_sheet())?;
    (0..stack.pages()).into_par_iter().try_for_each(|index| {
        let view = stack.page(index, &|number| press.kept(number));
        let title = site.words.word("labels_title").to_owned();
        press.print(&Sheet { path: path(index), template: "labels.html", title, name: "labels", view, state: None })
    })
}

/// Whether there is anything to print a label for, and an address for it to lead to.
pub(super) fn has_pages(site: &Lookup) -> bool {
    let config = site.config();
    let is_known = || Stock::called(&config.labels.stock, &config.labels.stocks).is_ok();
    config.base_url.is_some() && in_use(site).next().is_some() && is_known()
}

/// What has not been disposed of.
fn in_use<'a>(site: &'a Lookup) -> impl Iterator<Item = &'a Number> {
    site.things.values().filter(|thing| thing.status() != Status::Retired).map(|thing| &thing.asset.number)
}

fn path(index: usize) -> String {
    if index == 0 { "labels/".into() } else { format!("labels/{}/", index + 1) }
}

impl Stack<'_> {
    /// Sheets of paper on one page of the site.
    fn at_once(&self) -> usize {
        if self.stock.sheet.is_some() { 1 } else { OF_A_ROLL }
    }

    fn pages(&self) -> usize {
        self.sheets.div_ceil(self.at_once())
    }

    fn style(&self) -> String {
        format!("{}.css", self.stock.slug)
    }

    /// The size of the paper, and the fonts that the labels are measured with.
    fn style_sheet(&self) -> String {
        let (width, height) = self.stock.page();
        let face = |(name, _): &(&str, &[u8])| {
            let family = if name.contains("mono") { "Mono" } else { "Next" };
            let weight = if name.contains("400") { 400 } else { 700 };
            format!(
                "@font-face {{ font-family: \"Atkinson Hyperlegible {family}\"; font-weight: {weight}; src: url(\"{name}\"); }}\n"
            )
        };
        let faces: String = FONTS.iter().map(face).collect();
        format!(
            "{faces}@page {{ size: {width}mm {height}mm; margin: 0; }}\n@media print {{ .paper svg {{ width: {width}mm; height: {height}mm; }} }}\n"
        )
    }

    fn page(&self, index: usize, made: &dyn Fn(&Number) -> Option<Symbol>) -> View {
        let (here, first) = (Here::at(self.site, &path(index)), index * self.at_once());
        let mut without = Vec::new();
        let sheets = (first..(first + self.at_once()).min(self.sheets))
            .map(|sheet| self.sheet(&here, sheet, made, &mut without));
        let sheets = sheets.collect();
        let words = self.site.words;
        let place = here.say(
            "labels_place",
            &[
                ("page", Some(Phrase::text(&(index + 1).to_string()))),
                ("all", Some(Phrase::text(&self.pages().to_string()))),
            ],
        );
        let pager = (self.pages() > 1).then(|| Pager {
            label: words.word("pager").to_owned(),
            place,
            before: index.checked_sub(1).map(path),
            before_word: words.word("labels_before").to_owned(),
            after: (index + 1 < self.pages()).then(|| path(index + 1)),
            after_word: words.word("labels_after").to_owned(),
        });
        let line = here.say("labels_line", &[("stock", Some(Phrase::text(&self.stock.name)))]);
        View { line, style: self.style(), sheets, pager, without }
    }

    fn sheet(
        &self,
        here: &Here,
        index: usize,
        made: &dyn Fn(&Number) -> Option<Symbol>,
        without: &mut Vec<String>,
    ) -> Drawn {
        let numbers = &self.numbers[sheet::on_page(index, self.numbers.len(), &self.stock, &Printing::default())];
        let labels: Vec<Label> = numbers
            .iter()
            .map(|number| {
                let words = self.words(here, number);
                let label = match made(number) {
                    Some(symbol) => layout::lay_made(symbol, &words, &self.stock, &self.fonts),
                    None => layout::lay(&words, &self.stock, Code::Qr, Shape::Usual, &self.fonts),
                };
                label.unwrap_or_else(|_| {
                    without.push(number.to_string());
                    Label::blank()
                })
            })
            .collect();
        let Page { svg, .. } = sheet::page(index, &labels, &self.stock, &Printing::default());
        let all: Vec<&str> = numbers.iter().map(|number| number.as_str()).collect();
        let about = here.say("labels_of", &[("numbers", Some(Phrase::text(&all.join(", "))))]).plain().to_owned();
        Drawn { svg, about }
    }

    fn words(&self, here: &Here, number: &Number) -> Words {
        let config = self.site.config();
        let contact = config.contact.as_ref().filter(|_| config.labels.contact);
        let found = contact.map(|contact| here.say("label_found", &[("contact", Some(Phrase::text(contact)))]));
        Words {
            number: number.to_string(),
            address: address(self.base, number.as_str()),
            name: self.site.things.get(number).map(|thing| thing.asset.name.clone()).unwrap_or_default(),
            owner: config.title.clone(),
            found: found.map(|found| found.plain().to_owned()).unwrap_or_default(),
        }
        .composed()
    }
}
