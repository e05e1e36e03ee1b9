// Screenshots of every kind of page for people to look at: `npm run shots -- SITE OUTDIR [BASE_URL]`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP, PHONE, hostSite, launch, openWindow } from './lib/browser.js';
import { paint } from './lib/looks.js';
import { pagesOf } from './lib/pages.js';
import { walk } from './lib/sites.js';

const [folder, out, base = 'https://site.example/'] = process.argv.slice(2);
if (!out) {
  console.error('usage: npm run shots -- SITE OUTDIR [BASE_URL]');
  process.exit(2);
}

const site = { folder, base, desk: null, files: walk(folder).sort() };
const browser = await launch();
mkdirSync(out, { recursive: true });
for (const size of [PHONE, DESKTOP]) {
  const shown = await openWindow(browser, size);
  await hostSite(shown, site);
  for (const { kind, url } of pagesOf(site)) {
    await shown.page.goto(url);
    await shown.page.evaluate(withPictures);
    for (const scheme of ['light', 'dark']) {
      await paint(shown.page, scheme);
      await shown.page.screenshot({ path: join(out, `${kind.replaceAll(' ', '-')}-${size.width}-${scheme}.png`), fullPage: true });
    }
  }
  for (const complaint of shown.complaints) console.error(complaint);
  await shown.context.close();
}
await browser.close();

// Pictures further down load only when someone scrolls there.
function withPictures() {
  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = 'eager';
  return Promise.allSettled(pictures.map((picture) => picture.decode()));
}
