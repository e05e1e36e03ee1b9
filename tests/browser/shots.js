// Screenshots of every kind of page for people to look at: `npm run shots -- REGISTER AUDIENCE SITE OUTDIR`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP, PHONE, hostSite, launch, openWindow } from './lib/browser.js';
import { paint } from './lib/looks.js';
import { pagesOf } from './lib/pages.js';
import { site as siteOf } from './lib/sites.js';

const [register, audience, folder, out] = process.argv.slice(2);
if (!out) {
  console.error('usage: npm run shots -- REGISTER AUDIENCE SITE OUTDIR');
  process.exit(2);
}

const site = siteOf(register, audience, folder);
const browser = await launch();
mkdirSync(out, { recursive: true });
for (const size of [PHONE, DESKTOP]) {
  const shown = await openWindow(browser, size);
  await hostSite(shown, site);
  for (const { kind, url } of pagesOf(site)) {
    await shown.page.goto(url);
    for (const scheme of ['light', 'dark']) {
      await paint(shown.page, scheme);
      await shown.page.screenshot({ path: join(out, `${kind.replaceAll(' ', '-')}-${size.width}-${scheme}.png`), fullPage: true });
    }
  }
  for (const complaint of shown.complaints) console.error(complaint);
  await shown.context.close();
}
await browser.close();
