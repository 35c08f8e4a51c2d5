// Verifies a folder of badges (`accolade demo --exit --output DIR`) with software that shares
// nothing with Accolade: Digital Bazaar's verifier in JSON-LD safe mode, and the contexts as
// their publishers packaged them.
//
//   npm ci && node verify.mjs DIR
//
// Every credential must hold, with its key and its status list; every changed copy must not.
// Nothing is fetched: addresses and DIDs are looked up in DIR/index.json.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as didKey from '@digitalbazaar/did-method-key';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { verifyCredential } from '@digitalbazaar/vc';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';

import { contexts } from './contexts.mjs';
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

const readJson = async (path) => JSON.parse(await readFile(join(folder, path), 'utf8'));
const index = await readJson('index.json');
const driver = didKey.driver();
driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from });

const answer = (documentUrl, document) => ({ contextUrl: null, documentUrl, document, tag: 'static' });

async function documentLoader(url) {
  if (contexts.has(url)) {
    return answer(url, contexts.get(url));
  }
  const [address, fragment] = url.split('#');
  if (address.startsWith('did:key:')) {
    return answer(url, await driver.get({ url }));
  }
  if (!Object.hasOwn(index, address)) {
    throw new Error(`${address} is not in index.json`);
  }
  const document = await readJson(index[address]);
  if (!address.startsWith('did:') || !fragment) {
    return answer(url, document);
  }
  const method = document.verificationMethod.find(({ id }) => id === url);
  if (!method) {
    throw new Error(`the DID document does not have ${url}`);
  }
  return answer(url, { '@context': 'https://w3id.org/security/multikey/v1', ...method });
}

async function holds(credential) {
  const suite = new DataIntegrityProof({ cryptosuite });
  const result = await verifyCredential({ credential, suite, documentLoader, checkStatus });
  // The library compares the key with its controller, not with the issuer.
  const { verificationMethod } = credential.proof;
  if (result.verified && verificationMethod.split('#')[0] !== credential.issuer.id) {
    return { verified: false, error: new Error('the key is not the issuer\'s') };
  }
  return result;
}

function reason({ error, statusResult }) {
  const first = error ?? statusResult?.error ?? statusResult?.results?.find((one) => one.error)?.error;
  const inner = first?.errors?.[0] ?? first?.cause ?? first;
  return inner?.message ?? 'no reason given';
}

const files = (await readdir(join(folder, 'credentials'))).filter((name) => name.endsWith('.json')).sort();
for (const file of files) {
  const badge = await readJson(join('credentials', file));
  const result = await holds(badge);
  note(result.verified, `${file}: ${result.verified || reason(result)}`);
  for (const [change, apply] of Object.entries(CHANGES)) {
    const copy = structuredClone(badge);
    apply(copy);
    note(!(await holds(copy)).verified, `${file}: ${change} was not noticed`);
  }
}
if (files.length === 0) {
  note(false, 'there are no credentials');
}
finish();
