// A real Chromium that reads a built site at the site's own address, answered from its folder with its own `_headers`.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { headersFor, parseHeaders } from './headers.js';
import { belongsToDesk, fileAt } from './sites.js';

export const SMALL = { width: 320, height: 640 };
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.ics': 'text/calendar; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.tsv': 'text/tab-separated-values; charset=utf-8',
  '.wasm': 'application/wasm',
};

export async function launch(more = []) {
  const root = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: findChromium(),
    chromiumSandbox: !root,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

function findChromium() {
  for (const program of PROGRAMS) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, program);
      if (isExecutable(path)) return path;
    }
  }
  throw new Error('no Chromium on the PATH. hint: apt-get install chromium');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// A window of one size. `complaints` fills up with what the browser objects to on any page shown in it.
export async function openWindow(browser, { width, height }, options = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    isMobile: width < 500,
    hasTouch: width < 500,
    reducedMotion: 'reduce',
    ...options,
  });
  const complaints = [];
  await context.exposeBinding('reportViolation', (_, text) => complaints.push(`content security policy: ${text}`));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      globalThis.reportViolation(`${event.violatedDirective} forbids ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    const isThePageItself = message.location().url === page.url();
    if (message.type() === 'error' && !(isThePageItself && /status of 404/.test(message.text()))) {
      complaints.push(`console: ${message.text()} ${message.location().url}`);
    }
  });
  return { context, page, complaints };
}

// Answers the site's addresses from its folder. The desk is away; nobody else may be asked.
export async function hostSite({ context, complaints }, site) {
  const headersFile = join(site.folder, '_headers');
  const rules = existsSync(headersFile) ? parseHeaders(readFileSync(headersFile, 'utf8')) : [];
  const basePath = new URL(site.base).pathname;
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (belongsToDesk(site, url)) return route.fulfill(awayDesk(route.request()));
    if (!url.startsWith(site.base)) {
      complaints.push(`asks a foreign host: ${url}`);
      return route.abort();
    }
    const file = fileAt(site, url);
    if (file === null && !route.request().isNavigationRequest()) complaints.push(`no such file: ${url}`);
    const shown = file ?? '404.html';
    return route.fulfill({
      status: file === null ? 404 : 200,
      headers: {
        'content-type': TYPES[extname(shown)] ?? 'application/octet-stream',
        ...headersFor(rules, `/${new URL(url).pathname.slice(basePath.length)}`),
      },
      body: readFileSync(join(site.folder, shown)),
    });
  });
}

// What a desk says to a phone it does not know, in the form that costs no console error.
function awayDesk(request) {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'access-control-allow-origin': new URL(request.headers().referer ?? request.url()).origin,
      'access-control-allow-credentials': 'true',
    },
    body: '{}',
  };
}
