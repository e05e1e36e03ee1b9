// Copies of a register, with other settings, as repositories of their own, built.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environment, tagbook } from './program.js';
import { site } from './sites.js';

// A repository below `home`, so that nothing is written to the register itself. Settings are put atop tagbook.toml.
export function copyOf(register, home, settings = {}, name = 'register') {
  const copy = join(home, name);
  cpSync(register, copy, { recursive: true });
  rmSync(join(copy, 'site'), { recursive: true, force: true });
  set(join(copy, 'tagbook.toml'), settings);
  const git = (...args) => execFileSync('git', args, { cwd: copy, env: environment(home), stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch', 'main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'register: as it is');
  return copy;
}

// `language` stands by itself, `theme` below [site].
function set(file, { language, theme }) {
  let text = readFileSync(file, 'utf8');
  if (language) text = `language = "${language}"\n${text.replace(/^language = .*$/m, '')}`;
  if (theme) text = text.replace(/^\[site\]$/m, `$&\ntheme = "${theme}"`);
  writeFileSync(file, text);
}

export function build(register, home, audience, day) {
  const folder = join(home, `${basename(register)}-${audience}`);
  const args = ['-C', register, 'build', '--out', folder, '--audience', audience];
  // As it is on that day: what is asked for with --at is a look back, and leads to no desk.
  const env = { ...environment(home), SOURCE_DATE_EPOCH: String(Date.parse(`${day}T12:00:00Z`) / 1000) };
  execFileSync(tagbook(), args, { env, stdio: 'pipe' });
  return site(register, audience, folder);
}
