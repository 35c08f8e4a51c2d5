// Verifies a folder of badges (`accolade demo --exit --output DIR`) with software that shares
// nothing with Accolade: Digital Bazaar's verifier in JSON-LD safe mode, and the contexts as
// their publishers packaged them.
//
//   npm ci && node verify.mjs DIR
//
// Every credential must hold, with its key and its status list; every changed copy must not.
// Nothing is fetched: addresses and DIDs are looked up in DIR/index.json.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { open, reason } from './bazaar.mjs';
import { finish, note } from './tally.mjs';

const CHANGES = {
  'another achievement': (badge) => { badge.credentialSubject.achievement.name += '!'; },
  'another learner': (badge) => {
    const [identity] = badge.credentialSubject.identifier;
    const last = identity.identityHash.at(-1) === '0' ? '1' : '0';
    identity.identityHash = identity.identityHash.slice(0, -1) + last;
  },
  'a longer validity': (badge) => { badge.validUntil = '2199-01-01T00:00:00Z'; },
  'another issuer': (badge) => { badge.issuer.name = 'Someone Else'; },
  'a term of nobody': (badge) => { badge.credentialSubject.colour = 'blue'; },
};

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node verify.mjs DIR');
  process.exit(2);
}

const { readJson, verify } = await open(folder);
const files = (await readdir(join(folder, 'credentials'))).filter((name) => name.endsWith('.json')).sort();
for (const file of files) {
  const badge = await readJson(join('credentials', file));
  const result = await verify(badge);
  note(result.verified, `${file}: ${result.verified || reason(result)}`);
  for (const [change, apply] of Object.entries(CHANGES)) {
    const copy = structuredClone(badge);
    apply(copy);
    note(!(await verify(copy)).verified, `${file}: ${change} was not noticed`);
  }
}
if (files.length === 0) {
  note(false, 'there are no credentials');
}
finish();
