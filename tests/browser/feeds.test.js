// What programs read of a site holds to its format: the Atom feed, the calendar and the drawings.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ICAL from 'ical.js';
import { parse } from 'parse5';
import { none } from './lib/problems.js';
import { address, fileAt, read, sites } from './lib/sites.js';
import { childrenNamed, parseXml } from './lib/xml.js';

const ATOM = 'http://www.w3.org/2005/Atom';
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

for (const site of sites()) {
  const feeds = site.files.filter((path) => path.endsWith('feed.xml'));
  const calendars = site.files.filter((path) => path.endsWith('.ics'));

  if (site.team) {
    test(`${site.name}: has a feed and a calendar`, () => {
      none([...feeds.length ? [] : ['no feed.xml'], ...calendars.length ? [] : ['no due.ics']]);
    });

    test(`${site.name}: everyone and every place has a feed, which its page links to`, () => {
      const pages = site.files.filter((path) => /^(people|locations)\/[^/]+\/index\.html$/.test(path));
      none([
        ...pages.length ? [] : ['there are no pages of people or places'],
        ...pages.flatMap((path) => linkedFeedProblems(site, path)),
      ]);
    });
  }

  for (const path of feeds) {
    test(`${site.name}: ${path} is an Atom feed`, () => none(feedProblems(site, path)));
  }

  for (const path of calendars) {
    test(`${site.name}: ${path} is a calendar`, () => none(calendarProblems(readFileSync(join(site.folder, path)))));
  }

  test(`${site.name}: every XML and SVG file is well-formed`, () => {
    const problems = [];
    for (const path of site.files.filter((file) => /\.(xml|svg)$/.test(file))) {
      try {
        parseXml(read(site, path));
      } catch (error) {
        problems.push(`${path}:${error.message}`);
      }
    }
    none(problems);
  });
}

function linkedFeedProblems(site, path) {
  const feed = path.replace('index.html', 'feed.xml');
  if (!site.files.includes(feed)) return [`there is no ${feed}`];
  const leads = (href) => href && fileAt(site, new URL(href, address(site, path)).href) === feed;
  const page = parse(read(site, path));
  const head = elements(page, 'link').filter((link) => link.rel === 'alternate' && link.type === 'application/atom+xml');
  return [
    ...head.some(({ href }) => leads(href)) ? [] : [`${path}: no <link rel="alternate"> to its feed`],
    ...elements(page, 'a').some(({ href }) => leads(href)) ? [] : [`${path}: no link to its feed that people see`],
  ];
}

// The attributes of every element of a page with this name.
function elements(node, name) {
  const own = node.nodeName === name ? [Object.fromEntries(node.attrs.map((attr) => [attr.name, attr.value]))] : [];
  return [...own, ...(node.childNodes ?? []).flatMap((child) => elements(child, name))];
}

// RFC 4287
function feedProblems(site, path) {
  const feed = parseXml(read(site, path));
  const problems = [];
  if (feed.name !== 'feed' || feed.space !== ATOM) problems.push(`the root is not an Atom feed but ${feed.name}`);
  const entries = childrenNamed(feed, 'entry');
  if (entries.length > 50) problems.push(`${entries.length} entries, at most 50`);
  for (const [place, element] of [['feed', feed], ...entries.map((entry, index) => [`entry ${index + 1}`, entry])]) {
    for (const name of ['id', 'title', 'updated']) {
      const count = childrenNamed(element, name).length;
      if (count !== 1) problems.push(`${place}: ${count} of <${name}>, must be 1`);
    }
    for (const { text } of childrenNamed(element, 'id')) if (!URL.canParse(text)) problems.push(`${place}: id "${text}" is no absolute IRI`);
    for (const { text } of childrenNamed(element, 'updated')) if (!MOMENT.test(text)) problems.push(`${place}: updated "${text}" is no moment`);
    for (const { attributes } of childrenNamed(element, 'link')) problems.push(...linkProblems(site, path, place, attributes.href));
  }
  const ids = entries.flatMap((entry) => childrenNamed(entry, 'id').map(({ text }) => text));
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) problems.push(`two entries have the id ${id}`);
  if (childrenNamed(feed, 'author').length === 0) {
    entries.forEach((entry, index) => childrenNamed(entry, 'author').length || problems.push(`entry ${index + 1}: no <author>, and the feed has none`));
  }
  const self = childrenNamed(feed, 'link').find(({ attributes }) => attributes.rel === 'self')?.attributes.href;
  if (self !== address(site, path)) problems.push(`feed: <link rel="self"> is ${self}, not ${address(site, path)}`);
  return problems;
}

function linkProblems(site, path, place, href) {
  const url = new URL(href, address(site, path));
  return url.href.startsWith(site.base) && fileAt(site, url.href) === null ? [`${place}: link ${href} leads to no file of the site`] : [];
}

// RFC 5545
function calendarProblems(bytes) {
  const text = bytes.toString('utf8');
  const problems = [];
  if (!text.endsWith('\r\n')) problems.push('the last line has no CRLF');
  if (/[^\r]\n|\r[^\n]/.test(text)) problems.push('a line does not end in CRLF');
  text.split('\r\n').forEach((line, index) => {
    const octets = Buffer.byteLength(line);
    if (octets > 75) problems.push(`line ${index + 1} has ${octets} octets, at most 75`);
    if (line.includes('\uFFFD')) problems.push(`line ${index + 1} is folded inside a character`);
  });
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const name of ['version', 'prodid']) if (!calendar.hasProperty(name)) problems.push(`no ${name.toUpperCase()}`);
  const events = calendar.getAllSubcomponents('vevent');
  for (const event of events) problems.push(...eventProblems(event));
  const uids = events.map((event) => event.getFirstPropertyValue('uid'));
  for (const uid of uids.filter((uid, index) => uids.indexOf(uid) !== index)) problems.push(`two events have the UID ${uid}`);
  return problems;
}

function eventProblems(event) {
  const summary = event.getFirstPropertyValue('summary');
  const missing = ['uid', 'dtstamp', 'dtstart', 'summary'].filter((name) => !event.hasProperty(name));
  const problems = missing.map((name) => `event "${summary}": no ${name.toUpperCase()}`);
  const [start, end] = ['dtstart', 'dtend'].map((name) => event.getFirstPropertyValue(name));
  if (start && end && end.compare(start) <= 0) problems.push(`event "${summary}": DTEND ${end} is not after DTSTART ${start}`);
  if (start && end && start.isDate !== end.isDate) problems.push(`event "${summary}": DTSTART and DTEND are of different types`);
  return problems;
}
