//! The pages of categories: everything of one kind.

use super::here::{Here, has_page};
use super::listing::{Link, Listing, Nothing, Section};
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::{Category, Number};

/// The categories that have a page.
pub(super) fn declared<'a>(site: &Lookup<'a>) -> Vec<&'a Category> {
    site.register().categories.values().filter(|category| has_page(true, &category.slug)).collect()
}

/// The list of all categories.
pub(super) fn index(site: &Lookup) -> Vec<Sheet<Listing>> {
    let categories = declared(site);
    let pages = Here::at(site, "categories/").pages("categories/", &categories, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|category| Link {
            path: format!("categories/{}/", category.slug),
            name: Phrase::name(&category.name),
            line: Some(here.category_sentence(numbers(site, category))),
            chips: Vec::new(),
            depth: 0,
        });
        let none = Nothing { title: here.word("categories_none"), line: Phrase::default() };
        let view = Listing {
            title: site.words.word("categories").to_owned(),
            nothing: categories.is_empty().then_some(none),
            sections: vec![Section { links: links.collect(), pager: page.pager, ..Section::default() }],
            ..Listing::default()
        };
        Sheet {
            title: view.title.clone(),
            path: page.path,
            template: "categories.html",
            name: "list",
            view,
            state: None,
        }
    });
    sheets.collect()
}

/// The pages of one category.
pub(super) fn pages(site: &Lookup, category: &Category) -> Vec<Sheet<Listing>> {
    let numbers = numbers(site, category);
    let base = format!("categories/{}/", category.slug);
    let pages = Here::at(site, &base).pages(&base, numbers, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let mut rows = here.rows(page.items);
        rows.pager = page.pager;
        let empty = numbers.is_empty().then(|| here.word("category_none"));
        let view = Listing {
            title: category.name.clone(),
            sentence: (!numbers.is_empty()).then(|| here.category_sentence(numbers)),
            sections: vec![Section { assets: rows, empty, ..Section::default() }],
            ..Listing::default()
        };
        Sheet {
            title: category.name.clone(),
            path: page.path,
            template: "category.html",
            name: "list",
            view,
            state: None,
        }
    });
    sheets.collect()
}

fn numbers<'s, 'a>(site: &'s Lookup<'a>, category: &Category) -> &'s [&'a Number] {
    site.of_category.get(&category.slug).map(Vec::as_slice).unwrap_or_default()
}

impl Here<'_> {
    /// `31 assets, 14 out, 2 overdue, 1 retired`.
    fn category_sentence(&self, numbers: &[&Number]) -> Phrase {
        let (out, all) = self.out_of(numbers);
        let things = numbers.iter().filter_map(|number| self.site.things.get(*number));
        let overdue = things.filter(|thing| thing.summary.overdue).count();
        let some = |n: usize| (n > 0).then(|| self.number(n));
        let fillings = [
            ("assets", Some(self.site.words.count("assets", all))),
            ("out", some(out)),
            ("overdue", some(overdue)),
            ("retired", some(numbers.len() - all)),
        ];
        self.say("category_sentence", &fillings)
    }
}
