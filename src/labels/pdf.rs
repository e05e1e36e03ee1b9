//! Pages as a PDF: outlines as they are, type in embedded fonts, millimetres exact.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use rayon::prelude::*;
use resvg::tiny_skia::{PathSegment, Transform};
use resvg::usvg::fontdb::ID;
use resvg::usvg::{self, Node};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;
use skrifa::{FontRef, GlyphId, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::sheet::Page;
use super::text::Fonts;

/// Points of a PDF in a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// Pages that are drawn at once: no more than these are in memory besides what is written.
const AT_ONCE: usize = 32;

/// What a document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What it is called.
    pub title: &'a str,
    /// The language it is in, as BCP 47 names it; none where it has no sentences.
    pub language: Option<&'a str>,
    /// Whether it is printed as large as it is, whatever the paper.
    pub is_to_scale: bool,
}

/// A document of `count` pages, each made by `page`.
///
/// # Errors
/// The first that `page` has, or that a page cannot be drawn.
pub fn document<E: From<String> + Send>(
    count: usize,
    about: &About,
    fonts: &Fonts,
    page: impl Fn(usize) -> Result<Page, E> + Sync,
) -> Result<Vec<u8>, E> {
    let mut book = Book::new();
    for first in (0..count).step_by(AT_ONCE) {
        let drawn: Vec<Result<Drawn, E>> = (first..(first + AT_ONCE).min(count))
            .into_par_iter()
            .map(|index| {
                let page = page(index)?;
                let tree = fonts.read(&page.svg).map_err(E::from)?;
                Ok(Drawn::of(&tree, &page))
            })
            .collect();
        for drawn in drawn {
            book.add(&drawn?);
        }
    }
    book.finish(about, fonts).map_err(E::from)
}

/// What a page shows.
struct Drawn {
    size: (f32, f32),
    paths: Vec<Outline>,
    glyphs: Vec<Glyph>,
}

/// An outline, filled, or drawn with a line of some width.
struct Outline {
    segments: Vec<PathSegment>,
    line: Option<f32>,
}

/// One glyph and the matrix that takes it, one em large, to its place.
struct Glyph {
    font: ID,
    id: u16,
    text: String,
    matrix: [f32; 6],
}

impl Drawn {
    #[expect(clippy::cast_possible_truncation, reason = "millimetres of a page, to a ten thousandth")]
    fn of(tree: &usvg::Tree, page: &Page) -> Drawn {
        let size = (page.width as f32, page.height as f32);
        let mut drawn = Drawn { size, paths: Vec::new(), glyphs: Vec::new() };
        // What is drawn has the unit of the view box; the tree has pixels of 96 an inch.
        let scale = size.0 / tree.size().width();
        drawn.group(tree.root(), Transform::from_scale(scale, scale));
        drawn
    }

    fn group(&mut self, group: &usvg::Group, to_page: Transform) {
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, to_page),
                Node::Path(path) => {
                    let place = to_page.pre_concat(path.abs_transform());
                    let Some(data) = path.data().clone().transform(place) else { continue };
                    let line = path.stroke().map(|stroke| stroke.width().get() * place.sx.hypot(place.ky));
                    self.paths.push(Outline { segments: data.segments().collect(), line });
                }
                Node::Text(text) => {
                    let place = to_page.pre_concat(text.abs_transform());
                    for span in text.layouted() {
                        self.glyphs.extend(span.positioned_glyphs.iter().map(|glyph| {
                            let own = glyph.transform();
                            let units = if own.sx == 0.0 { 1.0 } else { glyph.font_size() / own.sx };
                            let at = place.pre_concat(glyph.outline_transform()).pre_scale(units, units);
                            Glyph {
                                font: glyph.font,
                                id: u16::try_from(glyph.id.0).unwrap_or_default(),
                                text: glyph.text.clone(),
                                matrix: [at.sx, at.ky, at.kx, at.sy, at.tx, at.ty],
                            }
                        }));
                    }
                }
                Node::Image(_) => {}
            }
        }
    }
}

/// A document in the making.
struct Book {
    pdf: Pdf,
    next: i32,
    catalog: Ref,
    tree: Ref,
    resources: Ref,
    pages: Vec<Ref>,
    fonts: BTreeMap<ID, Used>,
}

/// A font, and what is used of it.
#[derive(Default)]
struct Used {
    name: String,
    glyphs: GlyphRemapper,
    texts: BTreeMap<u16, String>,
}

impl Book {
    fn new() -> Book {
        let mut pdf = Pdf::new();
        pdf.set_version(1, 7);
        let mut book = Book {
            pdf,
            next: 0,
            catalog: Ref::new(1),
            tree: Ref::new(1),
            resources: Ref::new(1),
            pages: Vec::new(),
            fonts: BTreeMap::new(),
        };
        (book.catalog, book.tree, book.resources) = (book.reference(), book.reference(), book.reference());
        book
    }

    fn reference(&mut self) -> Ref {
        self.next += 1;
        Ref::new(self.next)
    }

    fn add(&mut self, drawn: &Drawn) {
        let (width, height) = drawn.size;
        let mut content = Content::new();
        // Millimetres from the upper left corner, as everywhere else.
        content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height * POINTS]);
        for outline in &drawn.paths {
            draw(&mut content, outline);
        }
        content.begin_text();
        let mut last = None;
        for glyph in &drawn.glyphs {
            let count = self.fonts.len();
            let used =
                self.fonts.entry(glyph.font).or_insert_with(|| Used { name: format!("F{count}"), ..Used::default() });
            let id = used.glyphs.remap(glyph.id);
            used.texts.entry(id).or_insert_with(|| glyph.text.clone());
            if last != Some(glyph.font) {
                content.set_font(Name(used.name.as_bytes()), 1.0);
                last = Some(glyph.font);
            }
            content.set_text_matrix(glyph.matrix.map(short));
            content.show(Str(&id.to_be_bytes()));
        }
        content.end_text();
        let bytes = squeezed(&content.finish());
        let (page, contents) = (self.reference(), self.reference());
        self.pdf.stream(contents, &bytes).filter(Filter::FlateDecode);
        let mut written = self.pdf.page(page);
        written.media_box(Rect::new(0.0, 0.0, width * POINTS, height * POINTS));
        written.parent(self.tree).contents(contents).pair(Name(b"Resources"), self.resources);
        written.finish();
        self.pages.push(page);
    }

    fn finish(mut self, about: &About, fonts: &Fonts) -> Result<Vec<u8>, String> {
        let used = std::mem::take(&mut self.fonts);
        let mut names = Vec::new();
        for (id, used) in &used {
            let font = self.reference();
            let written = fonts.face(*id, |bytes, index| self.embed(font, used, bytes, index));
            written.unwrap_or_else(|| Err("a font is gone".into()))?;
            names.push((used.name.clone(), font));
        }
        let mut resources = self.pdf.indirect(self.resources).dict();
        let mut all = resources.insert(Name(b"Font")).dict();
        for (name, font) in &names {
            all.pair(Name(name.as_bytes()), *font);
        }
        all.finish();
        resources.finish();
        let mut catalog = self.pdf.catalog(self.catalog);
        catalog.pages(self.tree);
        let mut shown = catalog.viewer_preferences();
        shown.display_doc_title(true);
        if about.is_to_scale {
            shown.pair(Name(b"PrintScaling"), Name(b"None"));
        }
        shown.finish();
        if let Some(language) = about.language {
            catalog.lang(TextStr(language));
        }
        catalog.finish();
        let count = i32::try_from(self.pages.len()).map_err(|_| "these are too many pages".to_owned())?;
        self.pdf.pages(self.tree).kids(self.pages.iter().copied()).count(count);
        let info = self.reference();
        self.pdf.document_info(info).title(TextStr(about.title)).producer(TextStr("tagbook"));
        Ok(self.pdf.finish())
    }

    /// Writes what is used of a font (ISO 32000-1, §9.7: a composite font whose codes are its glyphs).
    fn embed(&mut self, id: Ref, used: &Used, bytes: &[u8], index: u32) -> Result<(), String> {
        let face = FontRef::from_index(bytes, index).map_err(|error| format!("a font cannot be read: {error}"))?;
        let part = subsetter::subset(bytes, index, &used.glyphs)
            .map_err(|error| format!("a font cannot be embedded: {error}"))?;
        let outlines =
            FontRef::new(&part).ok().and_then(|part| Some(part.table_data(Tag::new(b"CFF "))?.as_bytes().to_vec()));
        let (cid, descriptor, file, unicode) = (self.reference(), self.reference(), self.reference(), self.reference());
        let called = face.localized_strings(skrifa::string::StringId::POSTSCRIPT_NAME).english_or_first();
        let called: String = called.map_or_else(|| "Font".to_owned(), |name| name.chars().collect());
        let called = format!("{}+{called}", label(&part));
        let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        let mut composite = self.pdf.type0_font(id);
        composite.base_font(Name(called.as_bytes())).encoding_predefined(Name(b"Identity-H"));
        composite.descendant_font(cid).to_unicode(unicode);
        composite.finish();
        let metrics = face.metrics(Size::unscaled(), LocationRef::default());
        let scale = 1000.0 / f32::from(metrics.units_per_em.max(1));
        let advances = face.glyph_metrics(Size::unscaled(), LocationRef::default());
        let mut font = self.pdf.cid_font(cid);
        font.subtype(if outlines.is_some() { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(Name(called.as_bytes())).system_info(system).font_descriptor(descriptor).default_width(0.0);
        if outlines.is_none() {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let width = |glyph: u16| advances.advance_width(GlyphId::from(glyph)).unwrap_or_default() * scale;
        font.widths().consecutive(0, used.glyphs.remapped_gids().map(width));
        font.finish();
        let bounds = metrics.bounds.unwrap_or_default();
        let mut written = self.pdf.font_descriptor(descriptor);
        written.name(Name(called.as_bytes())).flags(FontFlags::SYMBOLIC);
        written.bbox(Rect::new(bounds.x_min * scale, bounds.y_min * scale, bounds.x_max * scale, bounds.y_max * scale));
        written.italic_angle(0.0).ascent(metrics.ascent * scale).descent(metrics.descent * scale);
        let bold = face.os2().is_ok_and(|os2| os2.us_weight_class() >= 600);
        written.cap_height(metrics.cap_height.unwrap_or(700.0) * scale).stem_v(if bold { 140.0 } else { 80.0 });
        if outlines.is_some() {
            written.font_file3(file)
        } else {
            written.font_file2(file)
        };
        written.finish();
        let data = squeezed(outlines.as_deref().unwrap_or(&part));
        let mut stream = self.pdf.stream(file, &data);
        stream.filter(Filter::FlateDecode);
        if outlines.is_some() {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();
        let mut map = UnicodeCmap::<u16>::new(Name(b"Custom"), system);
        for (glyph, text) in &used.texts {
            map.pair_with_multiple(*glyph, text.chars());
        }
        let map = squeezed(&map.finish());
        self.pdf.cmap(unicode, &map).filter(Filter::FlateDecode);
        Ok(())
    }
}

/// Six letters that tell one part of a font from another (ISO 32000-1, §9.6.4).
fn label(part: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(part).iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn draw(content: &mut Content, outline: &Outline) {
    let (mut start, mut at) = ((0.0, 0.0), (0.0, 0.0));
    let mut segments = outline.segments.as_slice();
    while let [segment, rest @ ..] = segments {
        segments = rest;
        if let (PathSegment::MoveTo(from), Some((to, after))) = (*segment, rectangle(segment, rest)) {
            content.rect(short(from.x), short(from.y), short(to.0 - from.x), short(to.1 - from.y));
            segments = after;
            continue;
        }
        match *segment {
            PathSegment::MoveTo(to) => {
                (start, at) = ((to.x, to.y), (to.x, to.y));
                content.move_to(short(to.x), short(to.y));
            }
            PathSegment::LineTo(to) => {
                at = (to.x, to.y);
                content.line_to(short(to.x), short(to.y));
            }
            PathSegment::QuadTo(by, to) => {
                let third = |from: f32, by: f32| from + (by - from) * 2.0 / 3.0;
                let (one, two) = ((third(at.0, by.x), third(at.1, by.y)), (third(to.x, by.x), third(to.y, by.y)));
                at = (to.x, to.y);
                content.cubic_to(short(one.0), short(one.1), short(two.0), short(two.1), short(to.x), short(to.y));
            }
            PathSegment::CubicTo(one, two, to) => {
                at = (to.x, to.y);
                content.cubic_to(short(one.x), short(one.y), short(two.x), short(two.y), short(to.x), short(to.y));
            }
            PathSegment::Close => {
                at = start;
                content.close_path();
            }
        }
    }
    if let Some(line) = outline.line {
        content.set_line_width(line).stroke();
    } else {
        content.fill_nonzero();
    }
}

/// The corner opposite to where a path begins, and what comes after it, where it begins with an upright rectangle.
fn rectangle<'s>(first: &PathSegment, rest: &'s [PathSegment]) -> Option<((f32, f32), &'s [PathSegment])> {
    let PathSegment::MoveTo(a) = first else { return None };
    let [PathSegment::LineTo(b), PathSegment::LineTo(c), PathSegment::LineTo(d), PathSegment::Close, after @ ..] = rest
    else {
        return None;
    };
    let near = |one: f32, other: f32| (one - other).abs() < 1e-4;
    let is_upright = (near(a.y, b.y) && near(b.x, c.x) && near(c.y, d.y) && near(d.x, a.x))
        || (near(a.x, b.x) && near(b.y, c.y) && near(c.x, d.x) && near(d.y, a.y));
    is_upright.then_some(((c.x, c.y), after))
}

/// A number of millimetres to a ten thousandth.
fn short(number: f32) -> f32 {
    (number * 1e4).round() / 1e4
}

fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(bytes.len() / 4 + 64);
    let mut squeeze = flate2::Compress::new(flate2::Compression::new(6), true);
    loop {
        let read = usize::try_from(squeeze.total_in()).unwrap_or(bytes.len());
        let status = squeeze.compress_vec(&bytes[read..], &mut squeezed, flate2::FlushCompress::Finish);
        match status {
            Ok(flate2::Status::StreamEnd) | Err(_) => return squeezed,
            Ok(_) => squeezed.reserve(bytes.len() / 4 + 64),
        }
    }
}
