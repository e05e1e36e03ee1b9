// The QR symbol on an asset's page reads, from a screenshot in light and in dark, as the asset's address.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { DESKTOP, hostSite, launch, openWindow } from './lib/browser.js';
import { paint } from './lib/looks.js';
import { pagesOf } from './lib/pages.js';
import { none } from './lib/problems.js';
import { sites } from './lib/sites.js';

// Symbols are drawn alike for every asset: as many of each site.
const EACH = 2;

let browser;
before(async () => {
  prepareZXingModule({
    overrides: { wasmBinary: readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')) },
  });
  browser = await launch();
});
after(() => browser?.close());

for (const site of sites().filter(({ team }) => team)) {
  for (const { kind, url, asset } of pagesOf(site).filter((page) => page.asset).slice(0, EACH)) {
    test(`${site.name}: the symbol of ${kind} reads as its address`, async () => {
      const shown = await openWindow(browser, DESKTOP, { deviceScaleFactor: 2 });
      const { page, context } = shown;
      const problems = [];
      try {
        await hostSite(shown, site);
        await page.goto(url);
        await page.evaluate(() => document.querySelectorAll('details').forEach((details) => details.setAttribute('open', '')));
        for (const scheme of ['light', 'dark']) {
          await paint(page, scheme);
          const texts = await symbolsIn(await page.screenshot({ fullPage: true }));
          if (!texts.includes(labelText(site, asset.number))) problems.push(`${scheme}: read ${JSON.stringify(texts)}, not ${labelText(site, asset.number)}`);
        }
      } finally {
        await context.close();
      }
      none(problems);
    });
  }
}

async function symbolsIn(png) {
  const symbols = await readBarcodes(png, { formats: ['QRCode'], tryHarder: true });
  return symbols.map(({ text }) => text);
}

// Scheme in lower case, host in upper case, and the path too where the base has none.
function labelText(site, number) {
  const { protocol, host, pathname } = new URL(site.base);
  return `${protocol}//${host.toUpperCase()}${pathname}${number}`;
}
