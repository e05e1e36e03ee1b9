// An asset's page answers first: its number, its name, and who has it, on a phone's first screen, with scripts and without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'parse5';
import { PHONE, hostSite, launch, openWindow } from './lib/browser.js';
import { overflow } from './lib/looks.js';
import { pagesOf } from './lib/pages.js';
import { none } from './lib/problems.js';
import { read, sites } from './lib/sites.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const site of sites()) {
  for (const { kind, url, asset } of pagesOf(site).filter((page) => page.asset)) {
    for (const javaScriptEnabled of site.closely ? [false, true] : [false]) {
      test(`${site.name}: ${kind} answers first, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
        const shown = await openWindow(browser, PHONE, { javaScriptEnabled });
        try {
          await hostSite(shown, site);
          await shown.page.goto(url);
          none([...await answers(shown.page, site, asset), ...await overflow(shown.page, PHONE.width), ...shown.complaints]);
        } finally {
          await shown.context.close();
        }
      });
    }
  }
}

async function answers(page, site, asset) {
  const problems = [
    ...await onFirstScreen(page, page.getByText(asset.number, { exact: true }).first(), 'the number', asset.number),
  ];
  if (asset.name) problems.push(...await onFirstScreen(page, page.locator('h1'), 'the name in h1', asset.name));
  if (!site.team) return [...problems, ...await contact(page, site)];
  const sentence = page.locator('main [data-status]').first();
  problems.push(...await onFirstScreen(page, sentence, 'the sentence of its status [data-status]', holder(site, asset)));
  if ((await sentence.count()) === 0) return problems;
  const status = await sentence.getAttribute('data-status');
  if (status !== asset.status) problems.push(`data-status is ${status}, asset.json says ${asset.status}`);
  return [...problems, ...await motion(page, site, asset)];
}

// Where there is a desk, the likeliest thing to do is in the thumb's reach.
async function motion(page, site, { status }) {
  if (site.desk === null || status === 'retired') return [];
  const motions = page.locator(`main :is(a[href^="${site.desk}/"], form[action^="${site.desk}/"] button)`);
  return onFirstScreen(page, motions.first(), 'the first motion', '');
}

async function onFirstScreen(page, element, what, words) {
  if ((await element.count()) === 0) return [`${what} is not on the page`];
  const text = squeezed(await element.innerText());
  const problems = text.includes(squeezed(words)) ? [] : [`${what} says "${text}", not "${words}"`];
  if (text === '') problems.push(`${what} is empty`);
  const box = await element.boundingBox();
  if (!box) return [...problems, `${what} is not visible`];
  const bottom = Math.round(box.y + box.height);
  return bottom > PHONE.height ? [...problems, `${what} ends at ${bottom} px, below the first screen`] : problems;
}

// The custodian's name as their own page gives it.
function holder(site, { custodian, status }) {
  const path = `people/${custodian}/index.html`;
  if (status !== 'checked-out' || !site.files.includes(path)) return '';
  return headingOf(read(site, path));
}

function headingOf(html) {
  const find = (node) => (node.tagName === 'h1' ? node : (node.childNodes ?? []).map(find).find(Boolean));
  const text = (node) => node.value ?? (node.childNodes ?? []).map(text).join('');
  const heading = find(parse(html));
  assert.ok(heading, 'a person has an h1');
  return text(heading);
}

// Each way of the contact, as a stranger may read it.
async function contact(page, site) {
  const text = squeezed(await page.locator('main').innerText());
  const ways = site.contact.split(',').map(squeezed);
  return ways.filter((way) => !text.includes(way)).map((way) => `a finder is not told the contact "${way}"`);
}

function squeezed(text) {
  return text.replace(/\s+/g, ' ').trim();
}
