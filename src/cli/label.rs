//! `tagbook label`: labels for things and places, as a PDF, as pictures, or for Zebra printers.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::list::{Filters, known};
use super::motion::seal;
use super::place::{Here, When};
use super::record::{How, all_but_last, record};
use super::table::{self, Cell};
use super::tags::Tie;
use super::{End, Outcome, Stop, build, fonts, paint};
use crate::git::Repo;
use crate::labels::layout::{self, Label, Shape, Words};
use crate::labels::sheet::{self, Page, Printing};
use crate::labels::symbol::{self, Code};
use crate::labels::{Fonts, pdf, raster};
use crate::register::stock::{DPI, Stock};
use crate::register::{self, Audience, Number, Slug, Status};
use crate::site::{Phrase, Words as Strings};

/// Print labels for assets and places
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Numbers of assets or tags, batches of tags, or names of places [default: every asset that the filters leave]
    what: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// Only what came into the register after this commit
    #[arg(long, value_name = "REV")]
    new_since: Option<String>,
    /// Make this asset's label anew with a fresh number, which leads to it as well as those it had: for a label that is
    /// damaged or gone
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["what", "new_since", "places"])]
    replace: Option<String>,
    /// Places instead of assets
    #[arg(long, conflicts_with_all = ["new_since"])]
    places: bool,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    how: How,
}

/// What labels are printed on, and how.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Printing")]
pub(super) struct Print {
    /// What they are printed on; `--stock list` names all that there is [default: that of tagbook.toml]
    #[arg(long)]
    stock: Option<String>,
    /// How long a label of an endless tape is, in mm
    #[arg(long, value_name = "MM")]
    length: Option<f64>,
    /// The symbol on them
    #[arg(long, value_enum, default_value_t)]
    symbol: Symbols,
    /// `flag` folds around a cable, `tiny` leaves all but the symbol and the number away
    #[arg(long, value_enum, default_value_t)]
    layout: Shapes,
    /// Labels of the first sheet that are used up
    #[arg(long, value_name = "N", default_value_t)]
    skip: usize,
    /// Moves everything right and down, for a printer that is off; in mm
    #[arg(long, value_name = "X,Y", value_parser = pair, allow_hyphen_values = true)]
    nudge: Option<(f64, f64)>,
    /// A page with rulers and the outlines of the labels, to see how far the printer is off
    #[arg(long)]
    calibrate: bool,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    format: Formats,
    /// Dots an inch of pictures [default: those of the stock's printers]
    #[arg(long)]
    dpi: Option<f64>,
    /// Where to; `-` is standard output [default: labels.pdf, or as the format is called]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Formats {
    #[default]
    Pdf,
    Svg,
    Png,
    Zpl,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Symbols {
    /// What every phone reads
    #[default]
    Qr,
    /// Smaller; for scanners
    DataMatrix,
    /// Bars with the number alone; for scanners
    #[value(name = "code128")]
    Code128,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Shapes {
    #[default]
    Usual,
    Flag,
    Tiny,
}

fn pair(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse().ok().filter(|mm: &f64| mm.abs() <= 50.0);
    let pair = text.split_once(',').and_then(|(x, y)| Some((number(x)?, number(y)?)));
    pair.ok_or_else(|| "write two numbers of mm up to 50, such as 0.5,-1.2".to_owned())
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let here = Here::open(register, None)?;
    if args.print.stock.as_deref() == Some("list") {
        return list(&here);
    }
    let label = Labels::new(&here, &args.print)?;
    if (args.places || args.replace.is_some()) && !args.filters.is_empty() {
        return Err(Stop::Misused("filters choose assets: neither --places nor --replace goes with them".into()));
    }
    if args.print.calibrate {
        let page = sheet::ruler(&label.stock, &label.printing);
        return label.write_all(1, |_| Ok(page.clone())).and_then(|file| {
            label.tell(&format!("rulers and outlines of {}: {file}", label.stock.name))?;
            Ok(End::Clean)
        });
    }
    if let Some(number) = &args.replace {
        return replace(register, args, number);
    }
    let words = if args.places { label.of_places(args)? } else { label.of_all(args)? };
    if words.is_empty() {
        return Err(Stop::refused("nothing is left to print a label for"));
    }
    label.print(&words)
}

/// A fresh number for an asset, and its label.
fn replace(register: Option<&Path>, args: &Args, number: &str) -> Outcome {
    // What cannot be printed is not recorded.
    let here = Here::open(register, None)?;
    let known = here.number(number)?;
    let name = here.opened.register.assets.get(&known).map(|asset| asset.name.clone()).unwrap_or_default();
    Labels::new(&here, &args.print)?.rehearse(1, &name)?;
    let mut wish = Tie { tag: None, number: number.to_owned(), tied: None };
    let recorded = record(register, &args.how, &mut wish).map_err(all_but_last)?;
    let Some((tag, number)) = wish.tied else { return Ok(End::Clean) };
    let tag = tag.as_str();
    let labels = Labels::new(&here, &args.print)?;
    labels.tell(&format!("{} leads to {number} now{}", paint::in_style(paint::BOLD, tag), seal(&recorded)))?;
    labels.print(&[labels.words(tag, &name)])
}

/// All stock that there is: one's own, then what is known.
fn list(here: &Here) -> Outcome {
    let all = here.opened.register.config.labels.stocks.iter().chain(Stock::known());
    let rows: Vec<Vec<Cell>> = all
        .map(|stock| {
            let a_sheet = stock.sheet.map(|sheet| format!("{} a sheet", sheet.count()));
            let kind = a_sheet.unwrap_or_else(|| if stock.is_tape { "tape".into() } else { "roll".into() });
            let size = format!("{} × {} mm", stock.width, stock.height);
            vec![
                Cell::new(paint::BOLD, stock.slug.as_str()),
                Cell::plain(stock.name.as_str()),
                Cell::plain(size),
                Cell::plain(kind),
            ]
        })
        .collect();
    table::aligned(&["stock", "on its box", "a label", ""], &rows)?;
    Ok(End::Clean)
}

/// How labels of this register are printed.
pub(super) struct Labels<'h> {
    here: &'h Here,
    print: &'h Print,
    stock: Stock,
    printing: Printing,
    base: String,
    strings: Strings,
}

impl<'h> Labels<'h> {
    pub(super) fn new(here: &'h Here, print: &'h Print) -> Result<Labels<'h>, Stop> {
        let config = &here.opened.register.config;
        let slug = print.stock.as_deref().unwrap_or(&config.labels.stock);
        let hint = "`tagbook label --stock list` names all, `tagbook check` says what is wrong with stock of your own";
        let stock = Stock::called(slug, &config.labels.stocks).map_err(|why| Stop::Refused(why, Some(hint.into())))?;
        let stock = match print.length {
            Some(length) => stock.cut(length).map_err(|why| Stop::Misused(format!("--length: {why}")))?,
            None => stock,
        };
        let none = || {
            let hint = "write where the site will stand into tagbook.toml, base_url = \"https://kit.example.org/\"; \
                        `tagbook check` says what is wrong with one that is there";
            Stop::Refused("a label leads to the site, and nobody knows where that is".into(), Some(hint.into()))
        };
        // Rulers lead nowhere.
        let base = if print.calibrate {
            config.base_url.clone().unwrap_or_default()
        } else {
            config.base_url.clone().ok_or_else(none)?
        };
        if !print.dpi.is_none_or(|dpi| DPI.contains(&dpi)) {
            return Err(Stop::Misused("--dpi: printers have 50 to 5000 dots an inch".into()));
        }
        let printing = Printing { skip: print.skip, nudge: print.nudge.unwrap_or_default() };
        if stock.sheet.is_some_and(|sheet| print.skip >= sheet.count()) {
            let why = format!("--skip: a sheet of {} has {} labels", stock.name, sheet::per_page(&stock));
            return Err(Stop::Misused(why));
        }
        Ok(Labels { here, print, stock, printing, base, strings: build::theme(here)?.words().clone() })
    }

    /// The words of a label of this number.
    pub(super) fn words(&self, number: &str, name: &str) -> Words {
        self.words_at(number, number, name)
    }

    fn words_at(&self, path: &str, number: &str, name: &str) -> Words {
        let config = &self.here.opened.register.config;
        let contact = config.contact.as_ref().filter(|_| config.labels.contact);
        let found = contact.map(|contact| {
            self.strings.say("label_found", &[("contact", Some(Phrase::text(contact)))]).plain().to_owned()
        });
        Words {
            number: number.to_owned(),
            address: symbol::address(&self.base, path),
            name: name.to_owned(),
            owner: config.title.clone(),
            found: found.unwrap_or_default(),
        }
        .composed()
    }

    /// Tries whether so many labels with new numbers can be printed.
    pub(super) fn rehearse(&self, count: usize, name: &str) -> Result<(), Stop> {
        if self.print.calibrate {
            return Err(Stop::Misused("--calibrate prints rulers, and nothing else: leave it away here".into()));
        }
        self.lay(&self.words("0W0W0W", name), &Fonts::default()).map_err(Stop::refused)?;
        let pages = sheet::pages(count, &self.stock, &self.printing);
        self.path("", 0, if matches!(self.print.format, Formats::Svg | Formats::Png) { pages } else { 1 }).map(drop)
    }

    /// Says something, where what is printed does not go to standard output itself.
    pub(super) fn tell(&self, text: &str) -> Result<(), Stop> {
        if self.print.output.as_deref() == Some(Path::new("-")) {
            paint::note(text);
            return Ok(());
        }
        paint::say(text)
    }

    /// Places that were named, or all.
    fn of_places(&self, args: &Args) -> Result<Vec<Words>, Stop> {
        let locations = &self.here.opened.register.locations;
        let all: Vec<&str> = locations.iter().map(|place| place.slug.as_str()).collect();
        let named = known("location", &args.what, &all)?;
        self.mention_places();
        let is_named = |slug: &Slug| named.is_empty() || named.contains(slug);
        Ok(locations.iter().filter(|place| is_named(&place.slug)).map(|place| self.of_place(place)).collect())
    }

    /// Says where labels of places lead to nothing.
    fn mention_places(&self) {
        if self.here.opened.register.config.site.audience == Audience::Public {
            paint::note("a public site has no pages of places: these labels lead to pages of the team's site alone");
        }
    }

    fn of_place(&self, place: &register::Location) -> Words {
        self.words_at(&format!("locations/{}/", place.slug), place.slug.as_str(), &place.name)
    }

    /// What was named, in its order, or every asset that the filters leave and that has not been disposed of.
    fn of_all(&self, args: &Args) -> Result<Vec<Words>, Stop> {
        let register = &self.here.opened.register;
        let moment = When::default().moment(self.here.zone());
        let selection = args.filters.selection(self.here, &[])?;
        let old = args.new_since.as_deref().map(|rev| self.numbers_at(rev)).transpose()?;
        let takes = |asset: &register::Asset| {
            let state = self.here.opened.folded(&asset.number, &moment).state;
            let is_new = old.as_ref().is_none_or(|old| !old.contains(&asset.number));
            is_new && selection.takes(register, asset, &state, moment.today)
        };
        let is_gone = |number: &Number| self.here.opened.folded(number, &moment).state.status() == Status::Retired;
        let of = |asset: &register::Asset| self.words(asset.number.as_str(), &asset.name);
        if args.what.is_empty() {
            let all = register.assets.values().filter(|asset| takes(asset));
            let wants_gone = args.filters.wants(Status::Retired);
            return Ok(all.filter(|asset| wants_gone || !is_gone(&asset.number)).map(of).collect());
        }
        let mut words = Vec::new();
        for typed in &args.what {
            let place = register.locations.iter().find(|place| place.slug.as_str() == typed.trim().to_lowercase());
            match (self.here.number(typed), register.read_number(typed), place) {
                // A former number, or a tag's: that is what is wanted.
                (Ok(number), Ok(read), _) if read != number => {
                    let name = register.assets.get(&number).map(|asset| asset.name.as_str()).unwrap_or_default();
                    words.push(self.words(read.as_str(), name));
                }
                (Ok(number), ..) => {
                    // A kit comes with its parts.
                    let all = register.assets.values().filter(|asset| register.is_in_kit(asset, &number));
                    let before = words.len();
                    words.extend(all.filter(|asset| takes(asset)).map(of));
                    if words.len() == before {
                        paint::note(&format!("{number} is none of what the filters leave"));
                    }
                }
                (Err(_), _, Some(place)) => {
                    self.mention_places();
                    words.push(self.of_place(place));
                }
                // A tag that nothing bears yet, or a batch of them.
                (Err(_), Ok(tag), None) => words.push(self.words(tag.as_str(), "")),
                (Err(stop), Err(_), None) => {
                    let batch = register.tags.get(typed.trim()).ok_or(stop)?;
                    let free = batch.numbers.iter().filter(|number| register.resolve(number).is_none());
                    words.extend(free.map(|number| self.words(number.as_str(), "")));
                }
            }
        }
        Ok(words)
    }

    /// The assets that there were at a commit.
    fn numbers_at(&self, rev: &str) -> Result<BTreeSet<Number>, Stop> {
        let none = || Stop::refused("this register is in no git repository, so nothing is known of a commit");
        let repo = Repo::around(&self.here.root)?.ok_or_else(none)?;
        let commit = repo.commit(rev).map_err(Stop::refused)?;
        let tree = repo.part_at(commit, &|folder| !folder.ends_with("/log/") && !folder.ends_with("/files/"))?;
        Ok(register::open(&tree).register.assets.into_keys().collect())
    }

    /// Lays out a label for each, and writes the pages.
    pub(super) fn print(&self, words: &[Words]) -> Outcome {
        let fonts = Labels::fonts(words);
        let laid: Vec<Result<Label, String>> = words.par_iter().map(|words| self.lay(words, &fonts)).collect();
        let (labels, problems): (Vec<_>, Vec<_>) = laid.into_iter().partition(Result::is_ok);
        let problems: Vec<String> = problems.into_iter().filter_map(Result::err).collect();
        let small = labels.into_iter().flatten().filter(Label::is_small).map(|label| label.module).reduce(f64::min);
        if let Some(first) = problems.first() {
            let others = problems.len() - 1;
            let more = if others == 0 { String::new() } else { format!(" (and so {})", paint::count(others, "other")) };
            let hint = "choose larger stock with --stock, or --layout tiny";
            return Err(Stop::Refused(format!("{first}{more}"), Some(hint.into())));
        }
        let pages = sheet::pages(words.len(), &self.stock, &self.printing);
        let file = self.write_with(pages, &fonts, |index| {
            let range = sheet::on_page(index, words.len(), &self.stock, &self.printing);
            let labels: Result<Vec<Label>, Stop> =
                words[range].iter().map(|words| self.lay(words, &fonts).map_err(Stop::refused)).collect();
            Ok(sheet::page(index, &labels?, &self.stock, &self.printing))
        })?;
        if let (Some(smallest), Symbols::Qr) = (small, self.print.symbol) {
            paint::note(&format!(
                "the modules of the symbols are {smallest:.2} mm: a phone may not read what is under {} mm; choose larger stock, or a shorter address of the site",
                symbol::SMALL
            ));
        }
        let on = match self.stock.sheet {
            Some(_) => format!("on {} of {}", paint::count(pages, "sheet"), self.stock.name),
            None => format!("for {}", self.stock.name),
        };
        self.tell(&format!("{} {on}: {file}", paint::count(words.len(), "label")))?;
        Ok(End::Clean)
    }

    fn lay(&self, words: &Words, fonts: &Fonts) -> Result<Label, String> {
        let code = match self.print.symbol {
            Symbols::Qr => Code::Qr,
            Symbols::DataMatrix => Code::DataMatrix,
            Symbols::Code128 => Code::Code128,
        };
        let shape = match self.print.layout {
            Shapes::Usual => Shape::Usual,
            Shapes::Flag => Shape::Flag,
            Shapes::Tiny => Shape::Tiny,
        };
        layout::lay(words, &self.stock, code, shape, fonts)
    }

    /// The fonts of this program, and those of the system where these lack something.
    fn fonts(words: &[Words]) -> Fonts {
        fonts::drawing(|fonts| {
            let texts = words.iter().flat_map(|words| [&words.name, &words.owner, &words.found]);
            texts.flat_map(|text| fonts.lacks(text).collect::<Vec<_>>()).collect()
        })
    }

    fn write_all(&self, pages: usize, page: impl Fn(usize) -> Result<Page, Stop> + Sync) -> Result<String, Stop> {
        self.write_with(pages, &Fonts::default(), page)
    }

    /// Writes the pages, and gives the name of the file.
    fn write_with(
        &self,
        pages: usize,
        fonts: &Fonts,
        page: impl Fn(usize) -> Result<Page, Stop> + Sync,
    ) -> Result<String, Stop> {
        let dpi = self.print.dpi.unwrap_or(self.stock.dpi);
        let title = &self.here.opened.register.config.title;
        match self.print.format {
            Formats::Pdf => {
                // A label that is printed to fit the page is no label of this stock.
                let about = pdf::About { title, language: None, is_to_scale: true };
                let document = pdf::document(pages, &about, fonts, page)?;
                self.write("pdf", 0, 1, &document)
            }
            Formats::Zpl => {
                let mut all = String::new();
                for index in 0..pages {
                    all.push_str(&raster::zpl(&page(index)?, dpi, fonts)?);
                }
                self.write("zpl", 0, 1, all.as_bytes())
            }
            Formats::Svg => self.each(pages, "svg", |index| Ok(page(index)?.svg.into_bytes())),
            Formats::Png => self.each(pages, "png", |index| Ok(raster::png(&page(index)?, dpi, fonts)?)),
        }
    }

    /// Writes a file for each page.
    fn each(&self, pages: usize, ending: &str, make: impl Fn(usize) -> Result<Vec<u8>, Stop>) -> Result<String, Stop> {
        let mut first = String::new();
        for index in 0..pages {
            let file = self.write(ending, index, pages, &make(index)?)?;
            if index == 0 {
                first = file;
            }
        }
        Ok(if pages > 1 { format!("{first} and {} more", pages - 1) } else { first })
    }

    /// Where a page goes; `None` is standard output.
    fn path(&self, ending: &str, index: usize, pages: usize) -> Result<Option<PathBuf>, Stop> {
        let named = self.print.output.clone().unwrap_or_else(|| PathBuf::from(format!("labels.{ending}")));
        if named.as_os_str() == "-" {
            let why = || format!("there are {pages} pages, each a file of its own; name one with --output");
            return if pages > 1 { Err(Stop::Misused(why())) } else { Ok(None) };
        }
        let folder = named.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Stop::Failed(format!("there is no folder `{}`", folder.display())));
        }
        if named.is_dir() {
            return Err(Stop::Failed(format!("`{}` is a folder; name a file in it", named.display())));
        }
        let stem = named.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(if pages > 1 { named.with_file_name(format!("{stem}-{}.{ending}", index + 1)) } else { named }))
    }

    fn write(&self, ending: &str, index: usize, pages: usize, bytes: &[u8]) -> Result<String, Stop> {
        let Some(path) = self.path(ending, index, pages)? else {
            std::io::stdout().write_all(bytes)?;
            return Ok("standard output".into());
        };
        fs::write(&path, bytes).map_err(|error| Stop::Failed(format!("cannot write `{}`: {error}", path.display())))?;
        Ok(path.display().to_string())
    }
}
