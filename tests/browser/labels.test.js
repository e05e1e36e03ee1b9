// The labels of the site come out of a browser's printer as they come out of `tagbook label`: one sheet on one page of its size.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DESKTOP, hostSite, launch, openWindow } from './lib/browser.js';
import { address, sites } from './lib/sites.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const A4 = [595, 842];

for (const site of sites().filter(({ folder, team }) => team && existsSync(join(folder, 'labels/index.html')))) {
  test(`${site.name}: a sheet of labels is printed on one page, and in the fonts that it was measured with`, async () => {
    const shown = await openWindow(browser, DESKTOP);
    const { page, context } = shown;
    try {
      await hostSite(shown, site);
      await page.goto(address(site, 'labels/index.html'));
      await page.evaluate(() => document.fonts.ready);
      assert.ok(await page.evaluate(() => document.fonts.check('700 12px "Atkinson Hyperlegible Mono"')));
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, ...sides]) => sides.map((side) => Math.round(Number(side))));
      assert.deepEqual(boxes, [A4]);
      const numbers = await page.locator('.paper text').allTextContents();
      assert.ok(numbers.some((text) => /^[A-Z0-9-]{4,}$/.test(text)), numbers.join(' '));
    } finally {
      await context.close();
    }
  });
}
