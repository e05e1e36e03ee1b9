// A small register in git, a desk that answers for it, and requests sent exactly as a test writes them.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { parse as parseHtml } from 'parse5';
import { parse as parseToml } from 'smol-toml';
import { environment, freePort, start, tagbook } from './program.js';
import { none } from './problems.js';
import { walk } from './sites.js';

export const ORIGIN = 'https://kit.example.org';
export const URL_OF_DESK = `${ORIGIN}/desk`;
export const ZONE = 'Europe/Berlin';

const MINUTE = 60_000;

// What lies in the register, by what a test needs it for; every other camera is free and at home.
export const FREE = Array.from({ length: 50 }, (_, index) => `CAM-${String(index + 1).padStart(4, '0')}`);
export const RETIRED = 'CAM-0061';
export const HELD_BY_CLEO = 'CAM-0062';
export const UNSAFE = 'CAM-0063';
export const HELD_BY_BEN = 'CAM-0064'; // for 16 minutes, by an event with the id `benhas16`
export const PRIVATE = 'CAM-0065';
export const NOT_PUBLIC = 'SAF-0001';
export const UNKNOWN = 'CAM-0999';

export const sha256 = (text) => createHash('sha256').update(text).digest('hex');
export const token = (person) => sha256(`the token of ${person}`);
export const ago = (minutes) => new Date(Date.now() - minutes * MINUTE).toISOString();
export const folder = (number) => `assets/${number.slice(0, -2)}xx/${number}`;

// The day in the register's time zone, so many days from now.
export function day(offset) {
  const date = new Date(Date.now() + offset * 24 * 60 * MINUTE);
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(date);
}

export function event(number, id, minutes, kind, by, more = '') {
  const at = ago(minutes);
  const path = `${folder(number)}/log/${at.replaceAll(':', '')}-${kind}-${id}.toml`;
  return { [path]: `[[event]]\nid = "${id}"\nat = ${at}\nkind = "${kind}"\nby = "${by}"\n${more}` };
}

export function camera(number, more = '') {
  return { [`${folder(number)}/asset.toml`]: `name = "Camera ${number}"\ncategory = "camera"\nhome = "shelf"\n${more}` };
}

// A code as `tagbook phone enrol` leaves it, which ends so many minutes from now.
export function code(person, typed, minutes) {
  const plain = typed.replaceAll('-', '');
  return { [`phones/${person}/${plain.slice(0, 4)}.toml`]: `code_sha256 = "${sha256(plain)}"\nuntil = ${ago(-minutes)}\n` };
}

export function person(slug, name, role = 'member', more = '') {
  return { [`people/${slug}.toml`]: `name = ${JSON.stringify(name)}\nrole = "${role}"\n${more}`, ...phone(slug) };
}

export function phone(slug, id = `${slug[0]}001`) {
  return { [`phones/${slug}/${id}.toml`]: `name = "phone"\ntoken_sha256 = "${sha256(token(slug))}"\nsince = ${ago(3000)}\n` };
}

const settings = (desk) => `title = "Kit"
base_url = "${ORIGIN}/"
desk_url = "${URL_OF_DESK}"
contact = "kit@kit.example.org"
currency = "EUR"
timezone = "${ZONE}"
language = "en"

[site]
audience = "team"

[desk]
${desk}
`;

function files(desk) {
  return {
    'tagbook.toml': settings(desk),
    'locations.toml': '[shelf]\nname = "Shelf"\n\n[studio]\nname = "Studio"\n',
    'categories.toml': [
      '[camera]\nname = "Cameras"\nprefix = "CAM"\n',
      '[kit]\nname = "Kits"\nprefix = "KIT"\n',
      '[safety]\nname = "Safety"\nprefix = "SAF"\npublic = false\n',
    ].join('\n'),
    ...person('ana', 'Ana Ruiz', 'keeper'),
    ...person('ben', 'Ben Okafor'),
    ...person('cleo', 'Cleo Marchetti'),
    ...Object.assign({}, ...FREE.map((number) => camera(number))),
    ...Object.assign({}, ...[RETIRED, HELD_BY_CLEO, UNSAFE, HELD_BY_BEN].map((number) => camera(number))),
    ...camera(PRIVATE, 'private = true\n'),
    [`${folder(NOT_PUBLIC)}/asset.toml`]: 'name = "Harness"\ncategory = "safety"\nhome = "shelf"\n',
    [`${folder('KIT-0001')}/asset.toml`]: 'name = "Interview kit"\ncategory = "kit"\nhome = "shelf"\n',
    ...camera('CAM-0066', 'part_of = "KIT-0001"\n'),
    ...camera('CAM-0067', 'part_of = "KIT-0001"\n'),
    ...event(RETIRED, 'ns1ds1ds', 2000, 'retire', 'ana', 'method = "sold"\n'),
    ...event(HELD_BY_CLEO, 'cchas001', 300, 'checkout', 'cleo', 'to = "cleo"\n'),
    ...event(UNSAFE, 'bbfa5e01', 300, 'report', 'ana', 'note = "the plug is loose"\nseverity = "unsafe"\n'),
    ...event(HELD_BY_BEN, 'benhas16', 16, 'checkout', 'ben', 'to = "ben"\n'),
  };
}

// A test at a desk of its own. Afterwards its repository is whole, and the register has no error that it had not before.
export function atDesk(options, body) {
  return async (t) => {
    const desk = await openDesk(t, options);
    await body(desk, t);
    desk.isWhole();
  };
}

// `files` and `desk` add to the register and to its settings, `args` to the command.
// With `remote`, the desk works on a clone of its own of that repository, else in it.
// A register that `isBroken` has errors from the start; no other has.
export async function openDesk(t, { files: more = {}, desk: own = '', args = [], remote = false, isBroken = false } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'tagbook-desk-'));
  const desk = new Desk(home, join(home, 'register.git'));
  desk.isBroken = isBroken;
  t.after(() => {
    desk.kill();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  desk.git(home, 'clone', '--quiet', '--bare', model(own), desk.repository);
  if (Object.keys(more).length > 0) {
    const work = desk.clone();
    commit(desk, work, more, 'register: what this test needs');
    desk.git(work, 'push', '--quiet');
  }
  desk.first = desk.newest('%H');
  await desk.open(args, remote && desk.repository);
  return desk;
}

const models = new Map();

// The repository that all with these settings begin with, made once.
function model(own) {
  if (!models.has(own)) {
    const home = mkdtempSync(join(tmpdir(), 'tagbook-desk-model-'));
    process.on('exit', () => rmSync(home, { recursive: true, force: true }));
    const desk = new Desk(home, home);
    desk.git(home, 'init', '--quiet', '--initial-branch', 'main');
    commit(desk, home, files(own), 'register: as it is');
    desk.git(home, 'repack', '-adq');
    models.set(own, home);
  }
  return models.get(own);
}

function commit(desk, folderOfWork, all, message) {
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(join(folderOfWork, dirname(path)), { recursive: true });
    writeFileSync(join(folderOfWork, path), text);
  }
  desk.git(folderOfWork, 'add', '--all');
  desk.git(folderOfWork, 'commit', '--quiet', '--message', message);
}

class Desk {
  constructor(home, repository) {
    Object.assign(this, { home, env: environment(home), repository, running: [], clones: [] });
  }

  // Starts one more process that answers; from then on it is the one that is asked.
  async open(args = [], remote = false, program = tagbook()) {
    const port = await freePort();
    let where = ['--repo', this.repository];
    if (remote) {
      const clone = join(this.home, `clone-${port}.git`);
      this.clones.push(clone);
      where = ['--remote', remote, '--clone', clone];
    }
    const all = ['desk', ...where, '--url', URL_OF_DESK, '--port', String(port), ...args];
    const usual = process.env.TAGBOOK;
    process.env.TAGBOOK = program;
    const starting = start(all, { cwd: this.home, env: this.env });
    process.env.TAGBOOK = usual;
    this.running.push(await starting);
    this.port = port;
    return port;
  }

  kill() {
    for (const { kill } of this.running) kill();
    this.running = [];
  }

  // Sends a request, of which nothing is made better: paths and headers go out as they are.
  async ask(method, path, { port = this.port, headers = {}, body, from } = {}) {
    const options = { host: '127.0.0.1', port, method, path: path.startsWith('/') ? path : `/desk/${path}`, headers };
    const asking = request({ ...options, localAddress: from, agent: false });
    asking.end(body);
    const [answer] = await once(asking, 'response');
    const text = await textOf(answer);
    const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json');
    return { status: answer.statusCode, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }

  // As a program does: a bearer token, and JSON back.
  post(path, fields = {}, { as = 'ben', headers = {}, ...options } = {}) {
    const who = as ? { authorization: `Bearer ${token(as)}` } : {};
    const all = { 'content-type': FORM, accept: 'application/json', ...who, ...headers };
    return this.ask('POST', path, { headers: all, body: encoded(chosen(path, fields, as)), ...options });
  }

  // As a browser does: a cookie, an origin, and a page back.
  submit(path, fields = {}, { as = 'ben', headers = {}, ...options } = {}) {
    const all = { 'content-type': FORM, accept: 'text/html', origin: ORIGIN, ...cookie(as), ...headers };
    return this.ask('POST', path, { headers: all, body: encoded(chosen(path, fields, as)), ...options });
  }

  get(path, { as = 'ben', headers = {}, ...options } = {}) {
    return this.ask('GET', path, { headers: { accept: 'text/html', ...cookie(as), ...headers }, ...options });
  }

  // What a browser would send of the form that is shown at `path`, besides what its user types.
  async hidden(path, options) {
    const page = await this.get(path, options);
    assert.equal(page.status, 200, page.text);
    return formOf(page.text, path).hidden;
  }

  git(cwd, ...args) {
    return execFileSync('git', args, { cwd, env: this.env, stdio: 'pipe', encoding: 'utf8' });
  }

  // The same without holding up what else goes on in the test.
  async gitMeanwhile(cwd, ...args) {
    return (await promisify(execFile)('git', args, { cwd, env: this.env })).stdout;
  }

  refs() {
    return this.git(this.repository, 'for-each-ref');
  }

  commits() {
    return Number(this.git(this.repository, 'rev-list', '--count', 'main'));
  }

  newest(format) {
    return this.git(this.repository, 'log', '-1', `--format=${format}`, 'main').trim();
  }

  paths() {
    return this.git(this.repository, 'ls-tree', '-r', '-z', '--name-only', 'main').split('\0').filter(Boolean);
  }

  clone(revision = 'main') {
    const copy = mkdtempSync(join(this.home, 'clone-'));
    this.git(this.home, 'clone', '--quiet', this.repository, copy);
    this.git(copy, 'reset', '--quiet', '--hard', revision);
    return copy;
  }

  // A clone that follows the repository.
  copy() {
    this.follower ??= this.clone();
    this.git(this.follower, 'pull', '--quiet', '--ff-only');
    return this.follower;
  }

  // Every event of the register, of logs that can be read, as its file has it.
  events(number = '') {
    const copy = this.copy();
    const logs = walk(join(copy, 'assets'), '').filter((path) => path.includes(`${number}/log/`));
    return logs.flatMap((path) => {
      const { event: events } = parseToml(readFileSync(join(copy, 'assets', path), 'utf8'));
      return events.map((each) => ({ ...each, number: path.split('/')[1] }));
    });
  }

  async recordsNothing(deed) {
    const before = this.refs();
    const result = await deed();
    assert.equal(this.refs(), before, 'something was recorded');
    return result;
  }

  // The commits that `deed` left, which come one after the other.
  async records(count, deed) {
    const before = this.newest('%H');
    const result = await deed();
    const range = `${before}..main`;
    assert.equal(this.git(this.repository, 'rev-list', '--min-parents=2', range), '', 'history is not a line');
    assert.equal(Number(this.git(this.repository, 'rev-list', '--count', range)), count, 'commits');
    return result;
  }

  errors(clone = this.copy()) {
    const args = ['-C', clone, 'check', '--format', 'json'];
    let output;
    try {
      output = execFileSync(tagbook(), args, { env: this.env, stdio: 'pipe', encoding: 'utf8' });
    } catch (error) {
      if (error.status !== 1) throw error;
      output = error.stdout;
    }
    const findings = output.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return findings.filter(({ severity }) => severity === 'error').map(({ rule, path, message }) => `${path}: ${rule}: ${message}`);
  }

  isWhole() {
    for (const repository of [this.repository, ...this.clones]) {
      const said = this.git(repository, 'fsck', '--strict', '--no-dangling', '--no-progress');
      assert.equal(said.trim(), '', `git fsck of ${repository}`);
    }
    const errors = this.errors();
    const known = this.isBroken ? this.errors(this.clone(this.first)) : [];
    none(errors.filter((error) => !known.includes(error)));
  }

  // Sends bytes as they are, then `drip` every now and then until the desk hangs up; what came back and how long it took.
  async raw(bytes, { drip, every = 400, port = this.port } = {}) {
    const began = Date.now();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.write(bytes);
    const timer = drip && setInterval(() => socket.writable && socket.write(drip), every);
    await closed;
    clearInterval(timer);
    return { statuses: [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((found) => Number(found[1])), text, took: Date.now() - began };
  }
}

export const FORM = 'application/x-www-form-urlencoded';

export const cookie = (as) => (as ? { cookie: `__Host-tagbook=${token(as)}` } : {});

// The form of a checkout has whoever fills it in chosen.
function chosen(path, fields, as) {
  const isSaid = typeof fields === 'string' || !path.endsWith('/checkout');
  return isSaid ? fields : { to: as ?? 'ben', ...fields };
}

export const encoded = (fields) => (typeof fields === 'string' ? fields : new URLSearchParams(fields).toString());

// Every element of a page, or below a node of it, in order.
export function elements(html) {
  const below = (node) => [...(node.tagName ? [node] : []), ...[...(node.childNodes ?? []), ...(node.content?.childNodes ?? [])].flatMap(below)];
  return below(typeof html === 'string' ? parseHtml(html) : html).map((node) => ({
    name: node.tagName,
    attributes: Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])),
    node,
  }));
}

export function textIn(node) {
  return node.nodeName === '#text' ? node.value : (node.childNodes ?? []).map(textIn).join('');
}

export function visible(html) {
  return textIn(parseHtml(html));
}

// The forms of a page: where each goes, what goes along unseen, and what its fields hold.
export function forms(html) {
  return elements(html).filter(({ name }) => name === 'form').map(({ attributes, node }) => {
    const inside = elements(node);
    const inputs = inside.filter(({ name, attributes: { name: of } }) => of && ['input', 'textarea'].includes(name));
    const value = ({ name, attributes, node: of }) => [attributes.name, name === 'textarea' ? textIn(of) : (attributes.value ?? '')];
    return {
      action: attributes.action ?? '',
      values: Object.fromEntries(inputs.map(value)),
      hidden: Object.fromEntries(inputs.filter(({ attributes: { type } }) => type === 'hidden').map(value)),
    };
  });
}

export function formOf(html, path) {
  const found = forms(html).find(({ action }) => action.endsWith(`/${path}`));
  assert.ok(found, `no form for ${path} in:\n${visible(html)}`);
  return found;
}

// What a git host answers over HTTP, as long as it lets anybody in, and says anything.
export async function host(t, folderOfRepositories) {
  const state = { isOpen: true, isSilent: false };
  const server = createServer((asked, answer) => {
    if (state.isSilent) return;
    if (!state.isOpen) {
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('the token has expired\n');
      return;
    }
    const { pathname, search } = new URL(asked.url, 'http://host');
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: folderOfRepositories,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: asked.headers['git-protocol'] ?? '',
        REMOTE_USER: 'desk',
        REQUEST_METHOD: asked.method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: asked.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: asked.headers['content-encoding'] ?? '',
      },
    });
    asked.pipe(backend.stdin);
    const chunks = [];
    backend.stdout.on('data', (chunk) => chunks.push(chunk));
    backend.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all.subarray(0, end).toString().split('\r\n').map((line) => line.split(/: (.*)/s).slice(0, 2));
      const { Status: status = '200', ...others } = Object.fromEntries(headers);
      answer.writeHead(Number.parseInt(status, 10), others).end(all.subarray(end + 4));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  state.url = `http://desk:token@127.0.0.1:${server.address().port}`;
  return state;
}
