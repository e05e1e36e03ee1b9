// What can be seen to be wrong with a page that is open in a window.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostSite, openWindow } from './browser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// In the dark only the colours are others.
const COLOURS = ['color-contrast', 'link-in-text-block'];

// All that is wrong with a page of a site in a window of one size, in light and in dark.
export async function wrongAt(browser, site, url, size) {
  const shown = await openWindow(browser, size);
  try {
    await hostSite(shown, site);
    await shown.page.goto(url, { waitUntil: 'load' });
    const problems = await wrongWith(shown.page, size, site.desk);
    return [...shown.complaints, ...problems].map((problem) => `${url}: ${problem}`);
  } finally {
    await shown.context.close();
  }
}

// All that is wrong with a page that is open.
export async function wrongWith(page, { width }, desk) {
  const problems = await overflow(page, width);
  if (width < 500) problems.push(...await smallTargets(page, desk));
  for (const [scheme, rules] of [['light', null], ['dark', COLOURS]]) {
    await paint(page, scheme);
    problems.push(...(await barriers(page, rules)).map((barrier) => `${scheme}: ${barrier}`));
  }
  return problems;
}

// Wider than the window: which elements stick out.
export async function overflow(page, width) {
  return page.evaluate((limit) => {
    const { scrollWidth } = document.scrollingElement;
    if (scrollWidth <= limit) return [];
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return right > limit + 1 || left < -1;
    });
    const named = wide.slice(0, 4).map((element) => element.outerHTML.slice(0, 100));
    return [`scrolls sideways: ${scrollWidth} px in a window of ${limit} px: ${named.join(' | ')}`];
  }, width);
}

// Violations of accessibility; `rules` narrows what is looked for.
export async function barriers(page, rules = null) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE);
  const { violations } = await page.evaluate((runOnly) => {
    const options = { resultTypes: ['violations'], ...(runOnly ? { runOnly } : {}) };
    return globalThis.axe.run(document, options);
  }, rules);
  return violations
    .flatMap(({ id, help, nodes }) => nodes.slice(0, 5).map((node) => `${id}: ${help}: ${reason(node)} at ${node.target.join(' ')}`));
}

function reason({ any }) {
  return any[0]?.message ?? '';
}

// Whatever a thumb would miss. Links within a line of text are as high as the line; a link may reach beyond its words.
export async function smallTargets(page) {
  return page.evaluate(() => {
    const targets = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')];
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const isOut = ({ right, bottom }) => right <= 0 || bottom <= 0;
    const reach = (element) => {
      const label = element.type === 'checkbox' || element.type === 'radio' ? element.closest('label') : null;
      const around = getComputedStyle(element, '::after').position === 'absolute' ? element.offsetParent : null;
      return (label ?? around ?? element).getBoundingClientRect();
    };
    return targets
      .filter((element) => isShown(element) && !element.closest('.trap') && getComputedStyle(element).display !== 'inline')
      .map((element) => [element, reach(element)])
      .filter(([, box]) => box.width > 0 && !isOut(box) && (Math.round(box.height) < 44 || Math.round(box.width) < 44))
      .map(([element, box]) => `"${element.textContent.trim()}" is ${Math.round(box.width)}×${Math.round(box.height)} px, at least 44: ${element.outerHTML.slice(0, 80)}`);
  });
}

// Switches a window to light or dark and waits until it is drawn.
export async function paint(page, scheme) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
