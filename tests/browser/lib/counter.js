// A register of our own in real git repositories, desks beside it, and phones that come to them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { chromium } from 'playwright-core';
import { HTML_RULES } from '../html-rules.js';
import { DESKTOP, PHONE, openWindow } from './browser.js';
import { headersFor, parseHeaders } from './headers.js';
import { barriers, overflow, smallTargets } from './looks.js';
import { environment, start, tagbook } from './program.js';
import { fileAt, site as siteOf } from './sites.js';

export const CHROMIUM = 'command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

// How long a tap may take, on a machine that has much else to do.
const PATIENCE = 10_000;

const validator = new HtmlValidate(new StaticConfigLoader(HTML_RULES));

const RECORDS = {
  'categories.toml': `[camera]\nname = "Cameras"\nprefix = "CAM"\n
[sound]\nname = "Sound"\nprefix = "SND"\n
[kit]\nname = "Kits"\nprefix = "KIT"\n`,
  'locations.toml': '[shelf-a]\nname = "Shelf A"\n',
  'people/ana.toml': 'name = "Ana Ruiz"\nemail = "ana@kit.example.org"\nrole = "keeper"\n',
  'people/ben.toml': 'name = "Ben Okafor"\nrole = "member"\n',
  'assets/CAM-00xx/CAM-0001/asset.toml': 'name = "Sony FX3, body"\ncategory = "camera"\nhome = "shelf-a"\n',
  'assets/CAM-00xx/CAM-0002/asset.toml': 'name = "Canon EOS R5, body"\ncategory = "camera"\nhome = "shelf-a"\n',
  'assets/CAM-00xx/CAM-0003/asset.toml': 'name = "Nikon Z 9, body"\ncategory = "camera"\nhome = "shelf-a"\n',
  'assets/KIT-00xx/KIT-0001/asset.toml': 'name = "Interview kit"\ncategory = "kit"\nhome = "shelf-a"\n',
  'assets/SND-00xx/SND-0001/asset.toml': 'name = "Wireless, A"\ncategory = "sound"\nhome = "shelf-a"\npart_of = "KIT-0001"\ncontents = ["2 batteries", "lavalier"]\n',
  'assets/SND-00xx/SND-0002/asset.toml': 'name = "Zoom H6"\ncategory = "sound"\nhome = "shelf-a"\npart_of = "KIT-0001"\n',
};

// A Chromium that finds every host below `test` on this machine, with `more` flags.
export async function launchHere(more = []) {
  return chromium.launch({
    executablePath: execFileSync('sh', ['-c', CHROMIUM]).toString().trim(),
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--host-resolver-rules=MAP *.test 127.0.0.1', ...more],
  });
}

// A git repository with a register, as whoever sits at this machine sees it.
export class Repository {
  constructor(home, folder) {
    Object.assign(this, { home, folder, options: { cwd: home, env: environment(home), stdio: 'pipe' } });
  }

  git(...args) {
    return execFileSync('git', ['-C', this.folder, ...args], this.options).toString().trim();
  }

  tagbook(...args) {
    return execFileSync(tagbook(), ['-C', this.folder, ...args], this.options).toString();
  }

  commits() {
    return Number(this.git('rev-list', '--count', 'HEAD'));
  }

  head() {
    return this.git('rev-parse', 'HEAD');
  }

  // The state of every asset by its number, as programs read it.
  states() {
    return new Map(JSON.parse(this.tagbook('list', '--format', 'json')).map((state) => [state.number, state]));
  }
}

// A register at `base` in a bare repository, to which desks write, and a clone, in which its keeper works.
export class Register extends Repository {
  constructor(home, base, desk) {
    super(home, join(home, 'clone'));
    this.bare = join(home, 'kit.git');
    const settings = `title = "Kit of Nord"\nbase_url = "${base}"\ndesk_url = "${desk}"\ncontact = "kit@nord.example"\n`
      + 'timezone = "UTC"\nlanguage = "en"\n';
    for (const [path, text] of Object.entries({ ...RECORDS, 'tagbook.toml': settings, '.gitignore': '/site/\n' })) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'register: as it begins');
    this.git('clone', '--quiet', '--bare', '.', this.bare);
    this.git('remote', 'add', 'origin', this.bare);
    this.git('fetch', '--quiet');
    this.git('branch', '--quiet', '--set-upstream-to', 'origin/main');
  }

  // What desks have written since.
  pull() {
    this.git('pull', '--quiet', '--ff-only');
    return this;
  }

  // A code for a phone of someone, as the keeper makes it.
  code(person) {
    this.pull();
    return /[0-9a-z]{4}(-[0-9a-z]{4}){2}/.exec(this.tagbook('phone', 'enrol', person))[0];
  }

  // Enrols a phone of someone at the desk at `base`, with a code that its keeper gave them.
  async enrol(hand, base, person) {
    const code = this.code(person);
    await hand.open(`${base}desk/enrol`);
    await hand.fill('The code that a keeper gave you', code);
    assert.equal(await hand.tap('Enrol this phone'), 200);
    return hand;
  }

  openDesk(...args) {
    return start(['desk', '--repo', this.bare, ...args], this.options);
  }

  // The team's site on a static host, with the headers that it asks for.
  async host(port) {
    const folder = join(this.home, 'site');
    this.pull().tagbook('build', '--audience', 'team', '--out', folder);
    const site = siteOf(this.folder, 'team', folder);
    const rules = parseHeaders(readFileSync(join(folder, '_headers'), 'utf8'));
    const server = createServer((request, response) => {
      const url = new URL(request.url, site.base);
      const file = fileAt(site, url.href);
      const type = TYPES[extname(file ?? '404.html')] ?? 'application/octet-stream';
      response.writeHead(file === null ? 404 : 200, { 'content-type': type, ...headersFor(rules, url.pathname) });
      response.end(readFileSync(join(folder, file ?? '404.html')));
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return () => {
      server.closeAllConnections();
      server.close();
    };
  }
}

// A phone in somebody's hand. `flaws` fills up with what is wrong with what it shows.
export class Phone {
  static async of(browser, options = {}) {
    return Phone.with(await openWindow(browser, PHONE, options));
  }

  // The same of a window that is open.
  static with({ page, context, complaints = [] }) {
    page.setDefaultTimeout(PATIENCE);
    return Object.assign(new Phone(), { page, context, complaints, seen: [], requests: 0, answer: null }).listening();
  }

  listening() {
    const isShown = (request) => request.isNavigationRequest() && request.frame() === this.page.mainFrame();
    this.page.on('request', (request) => {
      if (isShown(request)) this.requests += 1;
    });
    this.page.on('response', (response) => {
      if (isShown(response.request())) this.answer = response;
    });
    return this;
  }

  // A page that says no is no fault of the page, nor is it one that hosts below `test` have no certificates.
  get flaws() {
    const isExpected = (complaint) => /^console: (.* status of (401|409|410|413|422) |The Cross-Origin-Opener-Policy header has been ignored)/.test(complaint);
    return [...this.seen, ...this.complaints.filter((complaint) => !isExpected(complaint))];
  }

  close() {
    return this.context.close();
  }

  open(url) {
    return this.page.goto(url);
  }

  // Taps what says so, and waits for the page that comes; its status.
  async tap(words, within = this.page.locator('main')) {
    const target = within.locator('a, button, summary').filter({ hasText: new RegExp(`^\\s*${words}\\s*$`) }).first();
    if (await target.evaluate((element) => element.tagName === 'SUMMARY')) return target.tap();
    await Promise.all([this.page.waitForEvent('load'), target.tap()]);
    return this.answer.status();
  }

  async fill(label, text) {
    await this.page.locator('main').getByLabel(label, { exact: true }).first().fill(text);
  }

  async choose(label, word, within = this.page.locator('main')) {
    const field = within.getByLabel(label, { exact: true });
    // A word is chosen whatever lies over the field; a finger has to reach it.
    await field.tap({ trial: true });
    await field.selectOption({ label: word });
  }

  // The line about an asset.
  line(number) {
    return this.page.locator('main .rows > li').filter({ has: this.page.getByText(number, { exact: true }) });
  }

  async says() {
    return (await this.page.locator('main').innerText()).replace(/\s+/g, ' ');
  }

  // Looks at the page: whether it is valid, fits, and can be used by everybody. With TAGBOOK_SHOTS a picture is kept.
  async look(name) {
    const { page } = this;
    const { results } = await validator.validateString(await this.answer.text());
    const invalid = results.flatMap(({ messages }) => messages.map(({ line, message, ruleId }) => `line ${line}: ${message} (${ruleId})`));
    const found = [...invalid, ...await overflow(page, PHONE.width), ...await smallTargets(page), ...await barriers(page)];
    this.seen.push(...found.map((flaw) => `${name}: ${flaw}`));
    const folder = process.env.TAGBOOK_SHOTS;
    for (const size of folder ? [DESKTOP, PHONE] : []) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}-${size.width}.png`), fullPage: true });
    }
  }
}
