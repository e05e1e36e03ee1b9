// Every kind of page in a real browser, on a phone and on a desk, in light and in dark.
import { after, before, describe, test } from 'node:test';
import { DESKTOP, PHONE, SMALL, hostSite, launch, openWindow } from './lib/browser.js';
import { barriers, overflow, paint, smallTargets } from './lib/looks.js';
import { STATUSES, TEAM_KINDS, pagesOf } from './lib/pages.js';
import { none } from './lib/problems.js';
import { sites } from './lib/sites.js';

// Pages are drawn in processes of their own.
const AT_ONCE = 2;

// In the dark only the colours are others.
const COLOURS = ['color-contrast', 'link-in-text-block'];

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const all = sites();

for (const site of all) {
  if (site.team) {
    test(`${site.name}: has every kind of page`, () => {
      const kinds = new Set(pagesOf(site).map(({ kind }) => kind));
      none(TEAM_KINDS.filter((kind) => !kinds.has(kind)).map((kind) => `no page of the kind ${kind}`));
    });
  }
}

describe('every kind of page', { concurrency: AT_ONCE }, () => {
  for (const site of all) {
    for (const { kind, url } of pagesOf(site)) {
      for (const size of site.closely ? [SMALL, PHONE, DESKTOP] : [PHONE]) {
        test(`${site.name}: ${kind} at ${size.width} px`, () => look(site, url, size));
      }
    }
  }
});

test('an asset of every status is among the sites', () => {
  const statuses = all.flatMap((site) => pagesOf(site).map(({ asset }) => asset?.status));
  none(STATUSES.filter((status) => !statuses.includes(status)).map((status) => `none is ${status}`));
});

async function look(site, url, size) {
  const shown = await openWindow(browser, size);
  const { page, context, complaints } = shown;
  const problems = [];
  try {
    await hostSite(shown, site);
    await page.goto(url, { waitUntil: 'load' });
    problems.push(...await overflow(page, size.width));
    if (size !== DESKTOP) problems.push(...await smallTargets(page));
    for (const [scheme, rules] of [['light', null], ['dark', COLOURS]]) {
      await paint(page, scheme);
      problems.push(...(await barriers(page, rules)).map((barrier) => `${scheme}: ${barrier}`));
    }
  } finally {
    await context.close();
  }
  none([...complaints, ...problems].map((problem) => `${url}: ${problem}`));
}
