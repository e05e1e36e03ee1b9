// A public site tells strangers nothing of people, places, money, papers or what was noted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { none } from './lib/problems.js';
import { sites, walk } from './lib/sites.js';

const SECRET_KEYS = ['serial', 'owner', 'policy', 'notes', 'note', 'cost', 'replacement_value', 'supplier', 'order', 'invoice', 'certificate', 'reference', 'proceeds', 'vendor', 'rate'];
const SHORTEST = 5;

for (const site of sites().filter(({ team }) => !team)) {
  test(`${site.name}: tells nothing that is not for everyone`, () => {
    const secrets = secretsOf(site);
    const problems = secrets.size > 20 ? [] : [`only ${secrets.size} secrets in the register to look for`];
    for (const path of site.files) {
      const text = readFileSync(join(site.folder, path), 'utf8');
      for (const [secret, place] of secrets) if (text.includes(secret)) problems.push(`${path}: "${secret}", from ${place}`);
    }
    none(problems);
  });
}

// Text of the register that no stranger may read, and where it stands. What is public anyway is left out.
function secretsOf({ register, contact }) {
  const files = walk(register).filter((path) => path.endsWith('.toml') && !path.startsWith('site/'));
  const tables = new Map(files.map((path) => [path, parseToml(readFileSync(join(register, path), 'utf8'))]));
  const categories = tables.get('categories.toml') ?? {};
  const open = [contact, tables.get('tagbook.toml').title, ...Object.values(categories).map(({ name }) => name)];
  const secrets = new Map();
  for (const [path, table] of tables) {
    if (path.startsWith('people/')) for (const key of ['name', 'email']) secrets.set(table[key], path);
    if (path.startsWith('assets/')) gather(table, path, secrets);
    if (!path.endsWith('/asset.toml')) continue;
    const isHidden = table.private || categories[table.category]?.public === false;
    if (isHidden) secrets.set(table.name, path);
    else open.push(table.name);
  }
  for (const secret of [...secrets.keys()]) {
    if (typeof secret !== 'string' || secret.length < SHORTEST || open.some((text) => text.includes(secret))) secrets.delete(secret);
  }
  return secrets;
}

function gather(table, path, secrets) {
  for (const [key, value] of Object.entries(table)) {
    if (typeof value === 'string' && SECRET_KEYS.includes(key)) secrets.set(value, path);
    if (value !== null && typeof value === 'object') gather(value, path, secrets);
  }
}
