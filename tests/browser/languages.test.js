// The site in other languages and in another theme: written as they write, from right to left too, and as sound as the first.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse as parseToml } from 'smol-toml';
import { DESKTOP, PHONE, SMALL, hostSite, launch, openWindow } from './lib/browser.js';
import { wrongAt, wrongWith } from './lib/looks.js';
import { pagesOf } from './lib/pages.js';
import { none } from './lib/problems.js';
import { environment, freePort, start } from './lib/program.js';
import { build, copyOf } from './lib/registers.js';
import { address, json } from './lib/sites.js';

const repository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const words = (language) => parseToml(readFileSync(repository(`themes/paper/strings/${language}.toml`), 'utf8'));

const TODAY = '2026-11-23';
const AT_ONCE = 2;

// Every kind of page on the smallest of phones; those that say most on a larger one and on a desktop too.
const FULL = /^(dashboard|asset|asset checked-out overdue)$/;
const sizes = (kind) => (FULL.test(kind) ? [SMALL, PHONE, DESKTOP] : [SMALL]);

const DRESSES = [
  { name: 'german', language: 'de', theme: 'paper' },
  { name: 'arabic', language: 'ar', theme: 'paper' },
  { name: 'workshop', language: 'en', theme: 'workshop' },
  { name: 'arabic-workshop', language: 'ar', theme: 'workshop', only: FULL },
];

const home = mkdtempSync(join(tmpdir(), 'tagbook-languages-'));
const dressed = DRESSES.map((dress) => {
  const register = copyOf(repository('register'), home, dress, dress.name);
  return { ...dress, register, team: build(register, home, 'team', TODAY), stranger: build(register, home, 'public', TODAY) };
});
const worn = (wanted) => dressed.find(({ name }) => name === wanted);

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(home, { recursive: true, force: true });
});

describe('every kind of page', { concurrency: AT_ONCE }, () => {
  for (const { name, team, stranger, only = /./ } of dressed) {
    for (const site of [team, stranger]) {
      for (const { kind, url } of pagesOf(site).filter((page) => only.test(page.kind))) {
        for (const size of sizes(kind)) {
          test(`${name}, ${site.team ? 'team' : 'public'}: ${kind} at ${size.width} px`, async () => {
            none(await wrongAt(browser, site, url, size));
          });
        }
      }
    }
  }
});

describe('forms of the desk', { concurrency: AT_ONCE }, () => {
  for (const { name, register, language, team } of dressed) {
    test(name, { timeout: 300_000 }, async (t) => {
      const server = await start(['-C', register, 'serve', '--port', String(await freePort())], { cwd: home, env: environment(home) });
      t.after(() => server.kill());
      const { number } = heldThing(team);
      const problems = [];
      for (const path of [number, `${number}/checkout`, `${number}/report`, `${number}/transfer`, 'me', 'batch']) {
        const { page, context, complaints } = await openWindow(browser, SMALL);
        await page.goto(`${server.address}desk/${path}`);
        assert.equal(await page.locator('html').getAttribute('lang'), language);
        const wrong = [...complaints, ...await wrongWith(page, SMALL, '/desk'), ...(language === 'ar' ? await english(page) : [])];
        problems.push(...wrong.map((problem) => `${path}: ${problem}`));
        await context.close();
      }
      none(problems);
    });
  }
});

test('pages say which language they are in, and which way it runs', async () => {
  for (const { team, language } of dressed) {
    await reading(team, '', async (page) => {
      const html = page.locator('html');
      assert.equal(await html.getAttribute('lang'), language);
      const direction = await html.evaluate((element) => getComputedStyle(element).direction);
      assert.equal(direction, language === 'ar' ? 'rtl' : 'ltr');
    });
  }
});

test('german: dates and numbers are written as in German', async () => {
  const { team } = worn('german');
  const { number, due } = heldThing(team);
  const day = new Intl.DateTimeFormat('de', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(due));
  await reading(team, `${number}/`, async (page) => assert.match(await now(page), new RegExp(`^Bei .+ bis ${day.replaceAll('.', '\\.')}$`)));
  await reading(team, '', async (page) => {
    const totals = await page.locator('.totals').innerText();
    assert.match(totals, /\b\d{2,3}\.\d{3}\b/);
    assert.match(await page.locator('.foot').innerText(), /23\. November 2026/);
  });
});

test('arabic: dates, and two, three and many things, are written as in Arabic', async () => {
  const { team } = worn('arabic');
  const { number, due } = heldThing(team);
  const day = new Intl.DateTimeFormat('ar-EG-u-nu-latn', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(due));
  await reading(team, `${number}/`, async (page) => {
    assert.match(await now(page), new RegExp(`^في عهدة .+ حتى ${day.replace('،', '')}$`));
    none(await english(page));
  });
  const held = heldByEach(team);
  await reading(team, 'people/', async (page) => {
    for (const [many, said] of [[1, 'قطعة واحدة'], [2, 'قطعتان'], [3, '3 قطع']]) {
      const [person] = held.find(([, count]) => count === many) ?? [];
      assert.ok(person, `someone holds ${many}`);
      const line = await page.locator(`li:has(a[href$="people/${person}/"])`).innerText();
      assert.ok(line.endsWith(said), `${person} holds ${many}: ${line}`);
    }
  });
  await reading(team, '', async (page) => {
    const all = json(team, 'register.json').assets.filter(({ status }) => status !== 'retired').length;
    assert.ok(all > 10 && all < 100);
    assert.match(await page.locator('.totals').innerText(), new RegExp(`${all}\\s+${words('ar').total_assets}`));
  });
});

test('arabic: what runs from left to right everywhere does', async () => {
  const { team } = worn('arabic');
  const { number } = heldThing(team);
  await reading(team, `${number}/`, async (page) => {
    const directions = await page.locator('.tag, .strip, code, .code, .n').evaluateAll((all) => all.map((element) => getComputedStyle(element).direction));
    assert.ok(directions.length > 3);
    assert.deepEqual([...new Set(directions)], ['ltr']);
    // The page begins on the right: there the name stands.
    const [name, main] = [await page.locator('h1 bdi').boundingBox(), await page.locator('.head').boundingBox()];
    assert.ok(Math.abs(name.x + name.width - main.x - main.width) < 2);
  });
});

test('workshop: it looks otherwise and speaks otherwise, with what the first theme does', async () => {
  const { team } = worn('workshop');
  const { number } = heldThing(team);
  await reading(team, `${number}/`, async (page) => {
    assert.match(await now(page), /^.+ has it until /);
    assert.equal(await page.getByRole('heading', { name: 'Who used it' }).count(), 1);
    const [name, tag] = [await page.locator('h1').boundingBox(), await page.locator('.tag').first().boundingBox()];
    assert.ok(name.y < tag.y, 'the name stands above the tag');
  });
});

test('workshop: bands of state are read on paper too', async () => {
  const { team } = worn('workshop');
  await reading(team, `${heldThing(team).number}/`, async (page) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    const [ink, ground] = await page.locator('.now').evaluate((element) => {
      const { color, backgroundColor } = getComputedStyle(element);
      return [color, backgroundColor];
    });
    assert.deepEqual([ink, ground], ['rgb(0, 0, 0)', 'rgba(0, 0, 0, 0)']);
  });
});

async function reading(site, path, check) {
  const shown = await openWindow(browser, PHONE);
  try {
    await hostSite(shown, site);
    await shown.page.goto(address(site, `${path}index.html`));
    await check(shown.page);
    none(shown.complaints);
  } finally {
    await shown.context.close();
  }
}

// The sentence that an asset's page begins with, on one line.
async function now(page) {
  return (await page.locator('main .now .big').innerText()).replace(/\s+/g, ' ').trim();
}

// Something that somebody has until a day within the month, so that the day is written with its weekday.
function heldThing(site) {
  const near = ({ due }) => due && Math.abs(new Date(due) - new Date(TODAY)) < 30 * 86_400_000;
  return json(site, 'register.json').assets.find((asset) => asset.status === 'checked-out' && near(asset));
}

function heldByEach(site) {
  const held = new Map();
  for (const { custodian } of json(site, 'register.json').assets) if (custodian) held.set(custodian, (held.get(custodian) ?? 0) + 1);
  return [...held];
}

// What the page says in our English words, outside of what people wrote.
async function english(page) {
  const ours = Object.entries(words('en')).filter(([key]) => !['lang', 'direction'].includes(key) && !/_command$/.test(key));
  const pieces = [...new Set(ours.flatMap(([, pattern]) => pattern.split(/\{.*?\}|[[\]“”,.;:?]/)).map((piece) => piece.trim()))].filter((piece) => /^[A-Za-z’ -]{4,}$/.test(piece));
  assert.ok(pieces.length > 200);
  const arabic = Object.values(words('ar')).join('\n');
  const said = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [document.title];
    while (walker.nextNode()) {
      const { parentElement: parent, data } = walker.currentNode;
      if (!parent.closest('bdi, code, .n, .tag, .notes, script, option')) texts.push(data);
    }
    for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
      texts.push(...['aria-label', 'placeholder', 'title'].map((name) => element.getAttribute(name) ?? ''));
    }
    return texts.join('\n');
  });
  return pieces.filter((piece) => !arabic.includes(piece) && new RegExp(`(?<![\\w-])${piece}(?![\\w-])`).test(said)).map((piece) => `is in English: "${piece}"`);
}
