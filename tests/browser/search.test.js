// The search on the dashboard finds by part of a name, opens an exact number on Enter, and says when there is nothing.
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, hostSite, launch, openWindow } from './lib/browser.js';
import { barriers } from './lib/looks.js';
import { none } from './lib/problems.js';
import { json, sites } from './lib/sites.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const site of sites().filter(({ team }) => team)) {
  const { assets } = json(site, 'register.json');
  const wanted = assets.find(({ name }) => name.length > 6 && assets.filter((other) => other.name.startsWith(partOf(name))).length === 1);

  searchTest(site, 'part of a name shows what it means', PHONE, async (page, landmark, input) => {
    await input.pressSequentially(partOf(wanted.name).toLowerCase());
    await landmark.getByText(wanted.number).first().waitFor({ timeout: 5000 });
    none(await barriers(page));
  });

  searchTest(site, 'a number opens its page on Enter', DESKTOP, async (page, landmark, input) => {
    await input.pressSequentially(` ${wanted.number.toLowerCase()}`);
    await input.press('Enter');
    await page.waitForURL(`${site.base}${wanted.number}/`, { timeout: 5000 });
  });

  searchTest(site, 'a number opens its page without its hyphens, and with O for 0', DESKTOP, async (page, landmark, input) => {
    await input.pressSequentially(wanted.number.replaceAll('-', '').replaceAll('0', 'O'));
    await input.press('Enter');
    await page.waitForURL(`${site.base}${wanted.number}/`, { timeout: 5000 });
  });

  const renamed = assets.find(({ aliases }) => aliases?.length);
  if (renamed) {
    searchTest(site, 'a former number opens the page of what bears it', DESKTOP, async (page, landmark, input) => {
      await input.pressSequentially(renamed.aliases[0]);
      await input.press('Enter');
      await page.waitForURL(`${site.base}${renamed.number}/`, { timeout: 5000 });
    });
  }

  searchTest(site, 'what is nowhere is said to be nowhere', DESKTOP, async (page, landmark, input) => {
    const before = (await landmark.innerText()).trim();
    await input.pressSequentially('zzqxv');
    await page.waitForFunction(
      ([element, text]) => element.innerText.trim() !== text && element.innerText.trim() !== '',
      [await landmark.elementHandle(), before],
      { timeout: 5000 },
    );
    if (await landmark.locator('a:visible, [role=option]:visible').count()) none(['still shows results']);
  });
}

function partOf(name) {
  return name.slice(0, -1);
}

function searchTest(site, what, size, act) {
  test(`${site.name}: search: ${what}`, async () => {
    const shown = await openWindow(browser, size);
    try {
      await hostSite(shown, site);
      await shown.page.goto(site.base);
      const landmark = shown.page.getByRole('search').first();
      await act(shown.page, landmark, landmark.locator('input').first());
      none(shown.complaints);
    } finally {
      await shown.context.close();
    }
  });
}
