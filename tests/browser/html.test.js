// Every page of every site is valid HTML.
import { join } from 'node:path';
import { test } from 'node:test';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { HTML_RULES } from './html-rules.js';
import { none } from './lib/problems.js';
import { htmlFiles, sites } from './lib/sites.js';

const validator = new HtmlValidate(new StaticConfigLoader(HTML_RULES));

for (const site of sites()) {
  test(`${site.name}: every page is valid HTML`, async () => {
    const problems = [];
    for (const path of htmlFiles(site)) {
      const { results } = await validator.validateFile(join(site.folder, path));
      for (const { line, column, message, ruleId } of results.flatMap((result) => result.messages)) {
        problems.push(`${path}:${line}:${column}: ${message} (${ruleId})`);
      }
    }
    none(problems);
  });
}
