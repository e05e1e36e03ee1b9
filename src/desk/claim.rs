//! A tag that nothing bears yet, scanned by a keeper: it becomes a new asset's number, or leads to an asset that is there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::Utc;
use git2::Oid;
use serde_json::json;

use super::asked::{Asked, Fields};
use super::basket::unknown;
use super::forms::Sheet;
use super::motion::change;
use super::motions::Wrong;
use super::parts::PHOTO;
use super::photos::have_room;
use super::reply::{Reply, no};
use super::who::Caller;
use super::{Desk, View, locked};
use crate::git::{self, Answer, Author, Job, Repo, Verdict};
use crate::register::categories::FieldKind;
use crate::register::draft::{self, DRAFT_FIELDS};
use crate::register::event::toml_string;
use crate::register::picture::Photo;
use crate::register::tags;
use crate::register::typed::{Typing, text};
use crate::register::{self, Category, Moment, Number, Posting, Refusals, Severity, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Input, Notice, View as Page};

/// What of a record is asked for on a phone, by key; the rest is written at leisure, unless the category cannot be without it.
const ASKED_FOR: &[&str] = &["serial", "home"];

/// What became of a claim that was refused.
#[derive(Debug, Clone, Default)]
enum Claimed {
    /// Whoever asks may not, any more.
    #[default]
    Barred,
    /// It is no tag.
    NoTag,
    /// This asset bears it already.
    Taken(Number),
    /// What was typed makes no record.
    Wrong(Wrong),
    /// The register takes no more photos.
    NoRoom,
}

/// What a keeper wants of a tag.
#[derive(Clone)]
enum Wanted {
    /// A new record with this text, and its photo.
    New(String, Option<Photo>),
    /// That it leads to this asset.
    Tied(Number),
}

impl Desk {
    /// The number that is typed, where it is a tag's that nothing bears.
    pub(super) fn free_tag(&self, typed: &str) -> Result<Option<Number>, git::Error> {
        let Some(number) = Number::typed(typed).ok().filter(|_| typed.trim() == typed) else { return Ok(None) };
        let is_tag = self.readers.with(|repo| is_tag(repo, repo.tip(&self.settings.branch)?, &number))?;
        let is_free = is_tag && self.look_up(|index| index.resolve(&number).is_none())?;
        Ok(is_free.then_some(number))
    }

    /// What a keeper can do with a tag that nothing bears; others are told that one can.
    pub(super) fn tag_page(&self, asked: &Asked, caller: &Caller, tag: &Number) -> Result<Reply, git::Error> {
        let view = self.view(&[])?;
        Ok(self.tag_form(asked, &view, caller, tag, &Vec::new(), 200))
    }

    fn tag_form(&self, asked: &Asked, view: &View, caller: &Caller, tag: &Number, wrong: &Wrong, status: u16) -> Reply {
        let fields = &asked.fields;
        self.page(view, caller, status, |look| {
            let mut page = Page { title: look.word("claim_title"), number: Some(tag.to_string()), ..Page::default() };
            if !caller.is_keeper {
                page.lines.push(Phrase::text(&look.word("claim_ask")));
                return page;
            }
            page.lines.push(Phrase::text(&look.word("claim_line")));
            let errors = wrong.iter().filter(|(field, _)| field.is_empty()).map(|(_, why)| why.clone());
            page.notice = (!wrong.is_empty()).then(|| Notice {
                tone: "bad",
                title: look.word("desk_wrong"),
                lines: errors.collect(),
            });
            let sheet = Sheet { view, look, fields, wrong, person: None, is_counter: false };
            let said = |name: &str| fields.said(name).unwrap_or_default();
            let all = &view.opened.register.categories;
            let categories = all.values().map(|category| (category.slug.to_string(), category.name.clone())).collect();
            let choose = Some(look.word("field_choose"));
            let home = Some(look.word("field_none"));
            let mut fields = vec![
                sheet.plain("name", look.word("field_name"), "text", said("name"), true),
                sheet.select("category", look.word("field_category"), true, choose, categories, said("category")),
                sheet.plain("serial", look.word("field_serial"), "text", said("serial"), false),
                sheet.select("home", look.word("field_home_of"), false, home, sheet.places(), said("home")),
            ];
            fields.extend(own_fields(&sheet, all.get(&Slug::referred(said("category")))));
            fields.push(sheet.photo(1));
            if !asked.photos.is_empty() {
                sheet.ask_again(&mut fields);
            }
            page.forms.push(Form {
                title: Some(look.word("claim_new")),
                action: self.at(&format!("{tag}/claim")),
                submit: look.word("claim_new_submit"),
                first: true,
                fields,
                ..Form::default()
            });
            page.forms.push(Form {
                title: Some(look.word("claim_tie")),
                action: self.at(&format!("{tag}/tie")),
                submit: look.word("claim_tie_submit"),
                fields: vec![sheet.plain("number", look.word("field_number"), "text", said("number"), true)],
                ..Form::default()
            });
            page
        })
    }

    /// Makes of a tag the number of a new asset, or has it lead to one that is there: once.
    pub(super) fn claim(&self, asked: &Asked, caller: &Caller, typed: &str, is_new: bool) -> Result<Reply, git::Error> {
        let view = self.view(&[])?;
        let Some(keeper) = caller.person.clone().filter(|_| caller.is_keeper) else {
            return Ok(if caller.is_known() {
                self.refuse(asked, caller, 403, "keepers-only", "desk_keepers")
            } else {
                self.enrol_page(asked, &view, caller, Some(401))
            });
        };
        let Ok(tag) = Number::typed(typed) else { return Ok(self.unknown_asset(asked, caller)) };
        if let Some(bearer) = self.look_up(|index| index.resolve(&tag).cloned())? {
            return self.taken(asked, caller, &tag, &bearer);
        }
        if self.free_tag(typed)?.is_none() {
            return Ok(self.unknown_asset(asked, caller));
        }
        let is_known = |name: &str| match (is_new, name) {
            (_, "return_to") | (true, "name" | "category") => true,
            (true, name) => name.starts_with("field.") || DRAFT_FIELDS.iter().any(|field| field.flag == name),
            (false, name) => name == "number",
        };
        if let Some((stranger, _)) = asked.fields.iter().find(|(name, _)| !is_known(name)) {
            let words = format!("a tag has no field `{}`", stranger.escape_debug());
            return Ok(self.plainly(asked, 400, "unknown-field", &words));
        }
        let photo = match self.photos(asked, &view, 1) {
            Ok(photos) => photos.into_iter().next(),
            Err((status, why)) => {
                let wrong = vec![(PHOTO.to_owned(), why)];
                return Ok(self.wrong_claim(asked, &view, caller, &tag, &wrong, status));
            }
        };
        let wanted = if is_new { record(&asked.fields, photo, &view) } else { self.named_for(asked, &view)? };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(wrong) => return Ok(self.wrong_claim(asked, &view, caller, &tag, &wrong, 422)),
        };
        let slot: Arc<Mutex<Claimed>> = Arc::default();
        let authors = self.authors(&view.opened, &keeper);
        let answer = self.record(self.claiming(tag.clone(), wanted.clone(), caller.clone(), authors, &slot));
        let refused = locked(&slot).clone();
        match (answer, refused) {
            (Answer::Recorded(receipt), _) => {
                let number = if let Wanted::Tied(number) = &wanted { number } else { &tag };
                let mut reply = if asked.wants_json() {
                    let commit = receipt.commit.to_string();
                    Reply::json(200, json!({"ok": true, "number": number, "tag": tag, "commit": commit}))
                } else {
                    Reply::elsewhere(self.at(number.as_str()))
                };
                reply.has_recorded = true;
                Ok(reply)
            }
            (Answer::Failed(failure), _) => Ok(self.failed(asked, &failure.to_string())),
            (_, Claimed::Taken(number)) => self.taken(asked, caller, &tag, &number),
            (_, Claimed::Wrong(wrong)) => Ok(self.wrong_claim(asked, &view, caller, &tag, &wrong, 422)),
            (_, Claimed::NoRoom) => {
                let why = self.stand(&view, true, "").look(|look| look.word("photo_no_room"));
                Ok(self.wrong_claim(asked, &view, caller, &tag, &vec![(PHOTO.to_owned(), why)], 413))
            }
            (_, Claimed::NoTag) => Ok(self.unknown_asset(asked, caller)),
            (_, Claimed::Barred) => Ok(self.no_longer(asked)),
        }
    }

    /// The asset that a tag is to lead to.
    fn named_for(&self, asked: &Asked, view: &View) -> Result<Result<Wanted, Wrong>, git::Error> {
        let typed = asked.fields.said("number").unwrap_or_default();
        let number = self.named(typed.trim())?;
        let why = || self.stand(view, true, "").look(|look| look.word(unknown(view, typed)));
        Ok(number.map(Wanted::Tied).ok_or_else(|| vec![("number".to_owned(), why())]))
    }

    fn claiming(
        &self,
        tag: Number,
        wanted: Wanted,
        asks: Caller,
        (author, committer): (Author, Author),
        slot: &Arc<Mutex<Claimed>>,
    ) -> Job<'static, Refusals> {
        let (slot, index, shelf) = (Arc::clone(slot), Arc::clone(&self.index), Arc::clone(&self.shelf));
        Box::new(move |repo, commit| {
            let small = shelf.small(repo, commit)?;
            let moment = Moment::at(Utc::now(), small.register.config.timezone);
            let (bearer, target, bytes) = {
                let mut index = locked(&index);
                index.follow(repo, commit, &shelf)?;
                let target =
                    if let Wanted::Tied(number) = &wanted { index.folder(number).map(str::to_owned) } else { None };
                (index.resolve(&tag).cloned(), target, index.bytes())
            };
            let no = |why: Claimed| {
                *locked(&slot) = why;
                Ok(Verdict::No(Vec::new()))
            };
            if !asks.again(&small, &moment).is_some_and(|asks| asks.is_keeper) {
                return no(Claimed::Barred);
            }
            if let Some(bearer) = bearer {
                return no(Claimed::Taken(bearer));
            }
            if !is_tag(repo, commit, &tag)? {
                return no(Claimed::NoTag);
            }
            let posting = match &wanted {
                Wanted::New(_, photo) if !have_room(photo, &small, bytes) => return no(Claimed::NoRoom),
                Wanted::New(text, photo) => {
                    let posting = Posting::records(std::slice::from_ref(&tag), text, photo.as_ref());
                    let wrong = errors(&small, &posting, &moment);
                    if !wrong.is_empty() {
                        return no(Claimed::Wrong(wrong));
                    }
                    posting
                }
                Wanted::Tied(number) => {
                    match target.map(|folder| tied(repo, commit, &folder, &tag, number)).transpose()? {
                        Some(Ok(posting)) => posting,
                        Some(Err(why)) => return no(Claimed::Wrong(vec![(String::new(), why)])),
                        None => return no(Claimed::NoTag),
                    }
                }
            };
            Ok(Verdict::Write(change(posting, author.clone(), Some(committer.clone()))))
        })
    }

    /// Somebody was faster, or scanned it twice: what it is on is said, and led to.
    fn taken(&self, asked: &Asked, caller: &Caller, tag: &Number, number: &Number) -> Result<Reply, git::Error> {
        let view = self.view(std::slice::from_ref(number))?;
        let name = view.opened.register.assets.get(number).map(|asset| asset.name.clone()).unwrap_or_default();
        if asked.wants_json() {
            let mut answer = no("taken", &format!("{tag} is on {number} {name} already"));
            answer["refusal"]["number"] = json!(number);
            return Ok(Reply::json(409, answer));
        }
        Ok(self.page(&view, caller, 409, |look| {
            let fillings = [("number", Some(Phrase::text(number.as_str()))), ("name", Some(Phrase::name(&name)))];
            let title = look.say("claim_taken", &fillings).plain().to_owned();
            Page {
                title: look.word("claim_title_taken"),
                number: Some(tag.to_string()),
                notice: Some(Notice { tone: "warn", title, lines: Vec::new() }),
                links: vec![self.link(number.as_str(), look.word("desk_to_asset"))],
                ..Page::default()
            }
        }))
    }

    fn wrong_claim(
        &self,
        asked: &Asked,
        view: &View,
        caller: &Caller,
        tag: &Number,
        wrong: &Wrong,
        status: u16,
    ) -> Reply {
        if asked.wants_json() {
            let words: Vec<String> = wrong.iter().map(|(field, why)| format!("{field}: {why}")).collect();
            return Reply::json(status, no("bad-field", &words.join("; ")));
        }
        self.tag_form(asked, view, caller, tag, wrong, status)
    }
}

/// Whether a number was printed on a tag, by a commit.
fn is_tag(repo: &Repo, commit: Oid, number: &Number) -> Result<bool, git::Error> {
    let tags = repo.part_at(commit, &|folder| folder == "tags/")?;
    Ok(register::open(&tags).register.is_tag(number))
}

/// What was typed, as a record.
fn record(fields: &Fields, photo: Option<Photo>, view: &View) -> Result<Wanted, Wrong> {
    let config = &view.opened.register.config;
    let typing = Typing { moment: view.moment, zone: config.timezone, currency: config.currency };
    let (mut values, mut wrong) = (Vec::new(), Wrong::new());
    let mut add = |field: &str, key: &str, value: Result<String, String>| match value {
        Ok(value) => values.push((key.to_owned(), value)),
        Err(why) => wrong.push((field.to_owned(), why)),
    };
    let name = fields.said("name").map(|name| text(name.trim()));
    add("name", "name", name.unwrap_or_else(|| Err("say what it is".into())).map(|name| toml_string(&name)));
    let slug = fields.said("category").map(|slug| Slug::referred(&slug.to_lowercase()));
    let chosen = slug.and_then(|slug| view.opened.register.categories.get(&slug));
    let category = chosen.map(|category| &category.slug);
    add(
        "category",
        "category",
        category.map(|slug| toml_string(slug.as_str())).ok_or_else(|| "choose what kind of thing it is".into()),
    );
    if let Some(photo) = &photo {
        add(PHOTO, "photo", Ok(toml_string(&photo.file_of_record())));
    }
    for field in DRAFT_FIELDS {
        if let Some(said) = fields.said(field.flag) {
            add(field.flag, field.key, field.typed(&[said.to_owned()], &typing));
        }
    }
    if let Some(category) = chosen {
        for (key, said) in fields.under("field.").filter(|(_, said)| !said.is_empty()) {
            let own = draft::own_field(category, &format!("{key}={said}"), &typing).map(|(_, value)| value);
            add(&format!("field.{key}"), &format!("fields.{key}"), own);
        }
    }
    if wrong.is_empty() { Ok(Wanted::New(draft::record(&values), photo)) } else { Err(wrong) }
}

/// What a category's things cannot be without, besides what is asked for of any.
fn own_fields(sheet: &Sheet, category: Option<&Category>) -> Vec<Input> {
    let Some(category) = category else { return Vec::new() };
    let said = |name: &str| sheet.fields.said(name).unwrap_or_default();
    let of_any = DRAFT_FIELDS
        .iter()
        .filter(|field| category.require.iter().any(|key| key == field.key) && !ASKED_FOR.contains(&field.key));
    let of_any = of_any.map(|field| sheet.plain(field.flag, field.about.to_owned(), "text", said(field.flag), true));
    let own = category.fields.iter().filter(|(_, rule)| rule.required).map(|(key, rule)| {
        let name = format!("field.{key}");
        match &rule.kind {
            FieldKind::Choice(choices) => {
                let all = choices.iter().map(|choice| (choice.clone(), choice.clone())).collect();
                let choose = Some(sheet.look.word("field_choose"));
                sheet.select(&name, key.clone(), true, choose, all, said(&name))
            }
            _ => sheet.plain(&name, key.clone(), "text", said(&name), true),
        }
    });
    of_any.chain(own).collect()
}

/// What would be wrong with a new record.
fn errors(small: &register::Opened, posting: &Posting, moment: &Moment) -> Wrong {
    let mut tree = crate::tree::Tree::default();
    for (path, bytes) in &posting.files {
        tree.insert_file(path.as_str(), bytes);
    }
    let opened = register::with_assets(small, &tree);
    let own = |finding: &register::Finding| {
        let is_own =
            finding.place.as_ref().is_some_and(|place| posting.files.iter().any(|(path, _)| **path == *place.path));
        is_own && finding.severity == Severity::Error
    };
    let found = opened.check(moment, moment.now).into_iter().filter(own);
    found.map(|finding| (String::new(), finding.message.replace('`', ""))).collect()
}

/// The record in `folder` with the tag as one more number that leads to it.
fn tied(
    repo: &Repo,
    commit: Oid,
    folder: &str,
    tag: &Number,
    number: &Number,
) -> Result<Result<Posting, String>, git::Error> {
    let folder = folder.trim_end_matches('/');
    let tree = repo.folders_at(commit, &BTreeSet::from([folder.to_owned()]), &[])?;
    let path = format!("{folder}/asset.toml");
    let record = tree.text(&path).ok_or_else(|| format!("`{path}` cannot be read"));
    Ok(record.and_then(|record| tags::tied(path.clone(), record, tag, number)))
}
