// Every link of every site leads somewhere: to a file of the site, to a place in a page, to the desk, or openly outside.
import { test } from 'node:test';
import { linksOf, stylesheetLinks } from './lib/page-links.js';
import { none } from './lib/problems.js';
import { address, belongsToDesk, fileAt, htmlFiles, read, sites } from './lib/sites.js';

const OUTSIDE = ['http:', 'https:', 'mailto:', 'tel:'];

for (const site of sites()) {
  const pages = new Map(htmlFiles(site).map((path) => [path, linksOf(read(site, path))]));

  test(`${site.name}: every link of a page leads somewhere`, () => {
    const problems = [];
    for (const [path, { links }] of pages) {
      for (const { url, line, attribute } of links) {
        const problem = problemOf(site, pages, address(site, path), url);
        if (problem) problems.push(`${path}:${line}: ${attribute}="${url}": ${problem}`);
      }
    }
    none(problems);
  });

  test(`${site.name}: every file that a style sheet loads is there`, () => {
    const problems = [];
    for (const path of site.files.filter((file) => file.endsWith('.css'))) {
      for (const url of stylesheetLinks(read(site, path))) {
        const problem = url.startsWith('data:') ? null : problemOf(site, pages, address(site, path), url);
        if (problem) problems.push(`${path}: url(${url}): ${problem}`);
      }
    }
    none(problems);
  });
}

function problemOf(site, pages, from, written) {
  let url;
  try {
    url = new URL(written, from);
  } catch {
    return 'is no URL';
  }
  if (belongsToDesk(site, url.href)) return null;
  if (!url.href.startsWith(site.base)) return problemOutside(site, url);
  const file = fileAt(site, url.href);
  if (file === null) return fileAt(site, `${url.origin}${url.pathname}/`) ? 'needs a slash at its end' : 'leads to no file of the site';
  const place = decodeURIComponent(url.hash.slice(1));
  if (place === '' || place === 'top' || !pages.has(file)) return null;
  return pages.get(file).ids.has(place) ? null : `there is no id "${place}" in ${file}`;
}

function problemOutside(site, url) {
  if (!OUTSIDE.includes(url.protocol)) return `a page must not use ${url.protocol}`;
  return url.origin === new URL(site.base).origin ? `leaves the site's base ${site.base}` : null;
}
