// The built sites under test: which there are, what they were built from, and which file answers which URL.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse as parseToml } from 'smol-toml';

// The file named by TAGBOOK_SITES has one line a site: register folder, audience, site folder, parted by tabs.
// The sites of the first register are looked at `closely`: the others share their templates.
export function sites() {
  const list = process.env.TAGBOOK_SITES;
  if (!list) throw new Error('TAGBOOK_SITES is not set: start these tests with tests/run');
  const all = readFileSync(list, 'utf8').trim().split('\n').map((line) => site(...line.split('\t')));
  return all.map((each) => ({ ...each, closely: each.register === all[0].register }));
}

export function site(register, audience, folder) {
  const settings = parseToml(readFileSync(join(register, 'tagbook.toml'), 'utf8'));
  const base = settings.base_url.replace(/\/*$/, '/');
  return {
    name: `${basename(register)} ${audience}`,
    team: audience === 'team',
    register,
    folder,
    base,
    desk: settings.desk_url ?? null,
    contact: settings.contact ?? '',
    files: walk(folder).sort(),
  };
}

// Every file below `folder`, as paths relative to it, with "/".
export function walk(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix + entry.name;
    return entry.isDirectory() ? walk(folder, `${path}/`) : [path];
  });
}

export function read(site, path) {
  return readFileSync(join(site.folder, path), 'utf8');
}

export function json(site, path) {
  return JSON.parse(read(site, path));
}

export function htmlFiles(site) {
  return site.files.filter((path) => path.endsWith('.html'));
}

// The address a page is read at: a folder's index.html is the folder, 404.html stands anywhere.
export function address(site, path) {
  if (path === '404.html') return `${site.base}no/such/page`;
  return site.base + encodeURI(path.replace(/(^|\/)index\.html$/, '$1'));
}

// The file that answers a URL of the site, or null. Static hosts serve index.html for a folder with its slash.
export function fileAt(site, url) {
  const { origin, pathname } = new URL(url);
  const base = new URL(site.base);
  if (origin !== base.origin || !pathname.startsWith(base.pathname)) return null;
  const path = decodeURIComponent(pathname.slice(base.pathname.length));
  const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
  const full = join(site.folder, file);
  return existsSync(full) && statSync(full).isFile() ? file : null;
}

export function belongsToDesk(site, url) {
  return site.desk !== null && (url === site.desk || url.startsWith(`${site.desk.replace(/\/$/, '')}/`));
}
