// The pages of a site worth looking at: each kind once, each status of an asset once.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { address, htmlFiles, json } from './sites.js';

export const STATUSES = ['available', 'checked-out', 'in-repair', 'missing', 'retired'];

const FOLDERS = {
  people: 'person',
  locations: 'location',
  categories: 'category',
  overdue: 'overdue',
  faults: 'faults',
  audits: 'audit',
  activity: 'activity',
  jobs: 'job',
};

// What is printed and signed, beside a page.
const PRINTED = { packing: 'packing list', handover: 'hand-over sheet' };

// What every team's site has. Jobs are not for everyone.
export const TEAM_KINDS = ['dashboard', '404', 'hand-over sheet', ...Object.values(FOLDERS).filter((name) => name !== 'job')];

// [{ kind, path, url, asset }]; `asset` is the state that the site itself publishes of an asset page.
export function pagesOf(site) {
  const found = new Map();
  for (const path of biggestFirst(site, htmlFiles(site))) {
    const kind = kindOf(site, path);
    if (!found.has(kind.name)) found.set(kind.name, { kind: kind.name, path, url: address(site, path), asset: kind.asset });
  }
  return [...found.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

export function numberAt(path) {
  return /^([A-Z0-9][A-Z0-9-]{0,31})\/index\.html$/.exec(path)?.[1] ?? null;
}

function kindOf(site, path) {
  if (path === 'index.html') return { name: 'dashboard' };
  if (path === '404.html') return { name: '404' };
  if (numberAt(path)) return assetKind(site, path);
  const [folder, ...rest] = path.split('/');
  if (rest[0] === 'history' && numberAt(`${folder}/index.html`)) return { name: 'history' };
  const name = PRINTED[rest[1]] ?? FOLDERS[folder] ?? folder;
  const isList = rest.length === 1 && ['people', 'locations', 'categories', 'audits', 'jobs'].includes(folder);
  return { name: isList ? `list of ${folder}` : name };
}

function assetKind(site, path) {
  const file = path.replace('index.html', 'asset.json');
  if (!site.files.includes(file)) return { name: 'alias or unclaimed tag' };
  const asset = json(site, file);
  if (!asset.status) return { name: asset.name ? 'asset' : 'asset without a name', asset };
  const overlay = [asset.overdue && 'overdue', asset.faults?.length && 'fault', asset.reservations?.length && 'reserved'].find(Boolean);
  return { name: ['asset', asset.status, overlay].filter(Boolean).join(' '), asset };
}

// The biggest page of a kind is the one where something may go wrong.
function biggestFirst(site, paths) {
  const size = new Map(paths.map((path) => [path, statSync(join(site.folder, path)).size]));
  return [...paths].sort((a, b) => size.get(b) - size.get(a) || (a < b ? -1 : 1));
}
