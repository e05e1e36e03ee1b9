// A register of ten thousand: its table for the search is light, the search finds what is typed, and no page grows with it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DESKTOP, hostSite, launch, openWindow } from './lib/browser.js';
import { none } from './lib/problems.js';
import { build } from './lib/registers.js';
import { htmlFiles } from './lib/sites.js';

const TABLE = 150_000; // bytes gzip, of 10,000 assets
const MORE = 1.02; // how much longer a page may be: counts have one more digit
const LIMIT = { timeout: 240_000 };
const DAY = '2026-11-23';

const home = mkdtempSync(join(tmpdir(), 'tagbook-growth-'));
const site = {};
before(() => {
  for (const assets of [4_000, 10_000]) site[assets] = build(studio(assets), home, 'team', DAY);
}, LIMIT);
after(() => rmSync(home, { recursive: true, force: true }));

// As many cameras, lenses, stands and laptops as a large house has, with serial numbers of their own. Sixty shelves have as
// many of them in a smaller house; what is more is in the store. A tenth is overdue, with one person, and half of that broken.
function studio(assets) {
  const folder = join(home, String(assets));
  const write = (path, text) => writeFileSync(join(folder, path), text);
  const random = numbers();
  const pick = (list) => list[Math.floor(random() * list.length)];
  const makes = ['Sony', 'Canon', 'Fujinon', 'Sennheiser', 'Manfrotto', 'Aputure', 'Dell', 'Zoë Audio', 'Größer & Søn'];
  const kinds = ['camera body', 'prime lens', 'zoom lens', 'tripod', 'light stand', 'panel light', 'laptop', 'shotgun microphone', 'field recorder'];
  const places = Array.from({ length: 60 }, (_, n) => `shelf-${n}`);
  const people = Array.from({ length: 40 }, (_, n) => `person-${n}`);
  mkdirSync(join(folder, 'people'), { recursive: true });
  write('tagbook.toml', 'title = "A large house"\nbase_url = "https://kit.example.org/"\ndesk_url = "https://kit.example.org/desk"\n');
  write('categories.toml', '[gear]\nname = "Gear"\n[computer]\nname = "Computers"\n');
  write('locations.toml', `[store]\nname = "Store"\n${places.map((place, n) => `[${place}]\nname = "Shelf ${n}"\n`).join('')}`);
  for (const [n, person] of people.entries()) write(`people/${person}.toml`, `name = "Person ${n}"\n`);
  for (let n = 1; n <= assets; n += 1) {
    const number = `GER-${String(n).padStart(5, '0')}`;
    const own = `assets/GER-${number.slice(4, 7)}xx/${number}`;
    mkdirSync(join(folder, own, 'log'), { recursive: true });
    const serial = createHash('sha256').update(number).digest('hex').slice(0, 8).toUpperCase();
    const [make, kind] = [pick(makes), pick(kinds)];
    write(`${own}/asset.toml`, `name = "${make} ${kind} ${pick('ABCDEFGH')}${1 + (n % 90)}"\ncategory = "${pick(['gear', 'computer'])}"\nserial = "${serial}"\nmanufacturer = "${make}"\nhome = "${n <= 600 ? pick(places) : 'store'}"\n`);
    if (n % 10 === 0) {
      write(`${own}/log/2026-01-05T100000.000Z-checkout-${n.toString(16).padStart(8, '0')}.toml`, `[[event]]\nid = "${n.toString(16).padStart(8, '0')}"\nat = 2026-01-05T10:00:00Z\nkind = "checkout"\nby = "${people[0]}"\nto = "${people[1]}"\ndue = 2026-01-07\n`);
    }
    if (n % 20 === 0) {
      write(`${own}/log/2026-01-06T100000.000Z-report-b${n.toString(16).padStart(7, '0')}.toml`, `[[event]]\nid = "b${n.toString(16).padStart(7, '0')}"\nat = 2026-01-06T10:00:00Z\nkind = "report"\nby = "${people[0]}"\nnote = "It rattles"\nseverity = "minor"\n`);
    }
  }
  return folder;
}

// The same ones each time: from 0 up to 1.
function numbers() {
  let n = 0;
  return () => createHash('sha256').update(String(n += 1)).digest().readUInt32BE() / 2 ** 32;
}

test('the table that the search fetches is light at ten thousand assets', () => {
  const table = readFileSync(join(site[10_000].folder, 'search.tsv'));
  assert.equal(table.toString().trimEnd().split('\n').length, 10_001);
  const size = gzipSync(table).length;
  assert.ok(size <= TABLE, `${size} bytes, at most ${TABLE}`);
});

test('no page grows with the number of assets: lists are paged', () => {
  // The longest of each kind: of every asset's page, of every page of a list.
  const longest = (assets) => {
    const kinds = {};
    for (const path of htmlFiles(site[assets])) {
      // What is printed and signed is one sheet, however much someone has.
      if (path.endsWith('/handover/index.html')) continue;
      const kind = path.replace(/\d+/g, 'N').replace('/N/', '/');
      kinds[kind] = Math.max(kinds[kind] ?? 0, statSync(join(site[assets].folder, path)).size);
    }
    return kinds;
  };
  const [small, large] = [longest(4_000), longest(10_000)];
  assert.deepEqual(Object.keys(large).sort(), Object.keys(small).sort());
  none(Object.entries(large).filter(([kind, size]) => size > small[kind] * MORE).map(([kind, size]) => `${kind}: ${small[kind]} bytes, and ${size}`));
});

test('the search finds one of ten thousand, however it is spelled', LIMIT, async () => {
  const browser = await launch();
  const shown = await openWindow(browser, DESKTOP);
  try {
    await hostSite(shown, site[10_000]);
    const { page } = shown;
    const rows = readFileSync(join(site[10_000].folder, 'search.tsv'), 'utf8').split('\n').slice(1, -1).map((line) => line.split('\t'));
    const [number, name] = rows.findLast(([, each]) => each.startsWith('Zoë Audio'));
    const [other, odd] = rows.findLast(([, each]) => each.startsWith('Größer & Søn'));
    for (const [typed, found] of [[name.replace('ë', 'e'), number], [odd.replace('ößer', 'OSSER').replace('ø', 'o').toLowerCase(), other]]) {
      await page.goto(site[10_000].base);
      const landmark = page.getByRole('search').first();
      await landmark.locator('input').first().fill(typed);
      await landmark.getByRole('option').first().waitFor({ timeout: 10_000 });
      const options = await landmark.getByRole('option').allInnerTexts();
      assert.ok(options.some((option) => option.includes(found)), `${typed} finds ${options}`);
    }
    const field = page.getByRole('search').first().locator('input').first();
    await field.fill('ger09999');
    await field.press('Enter');
    await page.waitForURL(`${site[10_000].base}GER-09999/`, { timeout: 10_000 });
    none(shown.complaints);
  } finally {
    await shown.context.close();
    await browser.close();
  }
});
