//! tagbook: know what your team owns, where each thing is, who has it and what state it is in.
//!
//! # The rooms
//! One question finds the room of a line: does it decide, show, translate, testify, carry, answer a phone, or talk to a
//! person at a keyboard?
//!
//! | room | | uses |
//! |---|---|---|
//! | [`tree`] | a register's files in memory | |
//! | [`register`] | decides: what a register says, whether it holds, what may be added | `tree` |
//! | [`labels`] | shows: labels on their stock, as PDF, SVG and dots | `tree`, `register` |
//! | [`document`] | shows: what is signed, sent along or filed, as PDF | `labels` |
//! | [`site`] | shows: a register as pages, feeds and files | `tree`, `register`, `labels`, `document` |
//! | [`exchange`] | translates: other programs' formats | `tree`, `register` |
//! | [`trail`] | testifies: the history of a register, and what speaks against it | `tree`, `register` |
//! | [`disk`] | carries: folders read and written | `tree` |
//! | [`git`] | carries: repositories read, made and written to | `tree` |
//! | [`desk`] | answers a phone: a form decided and committed; HTTP at its edge | `tree`, `register`, `site`, `git` |
//! | [`cli`] | talks: one file for each command; the only room that prints | all |
//!
//! `tree`, `register`, `labels`, `document`, `site`, `exchange` and `trail` are pure: they know no disk, clock, network or
//! terminal, and the moment is an argument. `tests/rooms.rs` reads this folder and fails when an import climbs.
//!
//! # The journeys
//! - **check**: [`disk::read`] or [`git::Repo::tree_at`] → [`register::open`] → [`register::Opened::check`] → findings on the terminal.
//! - **build**: the same, then [`site::render`], whose sink is [`disk::Site`].
//! - **list, show, log**: the same, then [`register::Opened::folded`] and [`register::Summary`].
//! - **add, have, back, every kind of event**: [`register::Motion::decide`] on the newest commit → [`register::Posting`] →
//!   [`git::Writer`], which decides anew whenever somebody else was faster.
//! - **renumber, pack**: the same way with [`register::Register::renumbered`] and [`register::pack::pack`] in place of a motion.
//! - **audits**: as check, then [`register::Opened::count`] for the report; closing one decides
//!   [`register::Opened::settlement`] on the newest commit and goes the way of an event.
//! - **label, tags**: as check, then [`labels::layout::lay`] → [`labels::sheet::page`] → [`labels::pdf`] or [`labels::raster`].
//! - **jobs**: as check, then [`register::job`]; a packing list is a [`document::Document`] that [`site`] fills.
//! - **reports**: as check, then [`register::reports`], whose money comes from [`register::depreciation`]; a [`document::Document`]
//!   that [`site`] fills, or a workbook of [`exchange::xlsx`].
//! - **diff**: two trees, opened → [`trail::Changes::between`].
//! - **show --certificate**: as build, then [`site::certificate`], with what [`trail::verify`] says of the asset, as PDF or page.
//! - **verify**: [`git::Repo::walk`] → [`trail::Trail::take`], commit by commit → [`trail::verify`] → findings on the terminal.
//! - **import**: as check, then [`exchange::plan`], whose files go to [`disk::write_all`].
//! - **a tap**: [`desk::http`] → [`desk::Desk::answer`] → [`register::Motion::decide`] on the newest commit → [`git::Queue`] → a receipt.
//! - **a tap without a network**: the worker in `themes/paper/sw.js` keeps it and sends it later, and shows what `site/offline.rs` wrote.
//! - **serve, demo**: build into a folder of its own whenever the register changes, and hand it to browsers.

pub mod cli;
pub mod desk;
pub mod disk;
pub mod document;
pub mod exchange;
pub mod git;
pub mod labels;
pub mod register;
pub mod site;
pub mod trail;
pub mod tree;
