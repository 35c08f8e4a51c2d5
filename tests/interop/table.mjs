// The table of what verifiers that are not ours say, as README.md has it: fails when it has another.
//
//   node table.mjs DIR README.md

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { finish, note } from './tally.mjs';

const FORMS = {
  document: 'Document with its proof',
  jwt: 'JWT',
  png: 'Baked PNG',
  svg: 'Baked SVG',
  record: 'Learner record (CLR 2.0), and each badge in it',
  revoked: 'A badge that was revoked',
  suspended: 'A badge that was suspended',
};
const VERIFIERS = ['Digital Bazaar', 'verifier-core', 'openbadgeslib', 'jose'];

const [folder, readme] = process.argv.slice(2);
if (!folder || !readme) {
  console.error('usage: node table.mjs DIR README.md');
  process.exit(2);
}

const results = {};
for (const file of ['javascript.json', 'python.json']) {
  for (const [form, said] of Object.entries(JSON.parse(await readFile(join(folder, file), 'utf8')))) {
    Object.assign(results[form] ??= {}, said);
  }
}
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = [
  row([' ', ...VERIFIERS]).replace('|   |', '| |'),
  row(Array(VERIFIERS.length + 1).fill('---')),
  ...Object.entries(FORMS).map(([form, name]) => row([name, ...VERIFIERS.map((one) => results[form]?.[one] ?? '–')])),
].join('\n');
console.log(table);
const text = await readFile(readme, 'utf8');
note(text.includes(`\n\n${table}\n\n`), `${readme} does not have this table; put it there`);
finish();
