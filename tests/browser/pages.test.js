// Every kind of page in a real browser, on a phone and on a desk, in light and in dark.
import { after, before, describe, test } from 'node:test';
import { DESKTOP, PHONE, SMALL, launch } from './lib/browser.js';
import { wrongAt } from './lib/looks.js';
import { STATUSES, TEAM_KINDS, pagesOf } from './lib/pages.js';
import { none } from './lib/problems.js';
import { sites } from './lib/sites.js';

// Pages are drawn in processes of their own.
const AT_ONCE = 2;

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
        test(`${site.name}: ${kind} at ${size.width} px`, async () => none(await wrongAt(browser, site, url, size)));
      }
    }
  }
});

test('an asset of every status is among the sites', () => {
  const statuses = all.flatMap((site) => pagesOf(site).map(({ asset }) => asset?.status));
  none(STATUSES.filter((status) => !statuses.includes(status)).map((status) => `none is ${status}`));
});
