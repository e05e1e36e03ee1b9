// The labels of the site come out of a browser's printer as they come out of `tagbook label`: each sheet on one page of its size.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESKTOP, hostSite, launch, openWindow } from './lib/browser.js';
import { address, read, sites } from './lib/sites.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

// Points of the paper that the stock is on, as its style sheet says in millimetres.
function paper(site) {
  const [, ...sides] = /size: ([\d.]+)mm ([\d.]+)mm/.exec(read(site, site.files.find((file) => /^labels\/[^/]+\.css$/.test(file))));
  return sides.map((side) => Math.round(Number(side) / 25.4 * 72));
}

for (const site of sites().filter(({ team, files }) => team && files.includes('labels/index.html'))) {
  test(`${site.name}: every sheet of labels is printed on a page of its own, of its size, and in the fonts that it was measured with`, async () => {
    const shown = await openWindow(browser, DESKTOP);
    const { page, context } = shown;
    try {
      await hostSite(shown, site);
      await page.goto(address(site, 'labels/index.html'));
      await page.evaluate(() => document.fonts.ready);
      assert.ok(await page.evaluate(() => document.fonts.check('700 12px "Atkinson Hyperlegible Mono"')));
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, ...sides]) => sides.map((side) => Math.round(Number(side))));
      assert.deepEqual(boxes, Array(await page.locator('.paper').count()).fill(paper(site)));
      const numbers = await page.locator('.paper text').allTextContents();
      assert.ok(numbers.some((text) => /^[A-Z0-9-]{4,}$/.test(text)), numbers.join(' '));
    } finally {
      await context.close();
    }
  });
}
