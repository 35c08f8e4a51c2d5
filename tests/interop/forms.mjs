// Gives every form of a badge (`tests/it/forms.rs`, after `forms.py` took the credentials out of the
// images) to verifiers in JavaScript, and parses the public page's JSON-LD. What each says stands in
// DIR/javascript.json, for `table.mjs`.
//
//   npm ci && node forms.mjs DIR

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { base64url, importJWK, jwtVerify } from 'jose';
import jsonld from 'jsonld';

import { open, reason } from './bazaar.mjs';
import { contexts } from './contexts.mjs';
import { signer } from './signer.mjs';
import { finish, note } from './tally.mjs';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node forms.mjs DIR');
  process.exit(2);
}

const { readJson, index, documentLoader, verify } = await open(folder);

// verifier-core reads the web itself: the folder stands in its place, too. Any document fits the
// schema that it gets; `tests/it/badges.rs` has the real ones.
globalThis.fetch = async (request) => {
  const url = new URL(request.url ?? request);
  const did = `did:web:${encodeURIComponent(url.host)}`;
  const id = url.pathname === '/.well-known/did.json' ? did : url.href;
  const here = Object.hasOwn(index, id) ? await readJson(index[id]) : contexts.get(id);
  const found = url.pathname.endsWith('_schema.json') ? {} : here;
  return found ? Response.json(found) : new Response('not here', { status: 404 });
};
const { verifyCredential } = await import('@digitalcredentials/verifier-core');

// Each answers with what it has against a credential, or null.
const bazaar = async (credential) => {
  const result = await verify(credential);
  return result.verified ? null : reason(result);
};
const core = async (credential) => {
  const { log, errors } = await verifyCredential({ credential, knownDIDRegistries: [] });
  const step = (name) => log?.find(({ id }) => id === name);
  const failed = ['valid_signature', 'expiration', 'revocation_status'].find((name) => !step(name)?.valid);
  return errors?.[0]?.message ?? (failed ? step(failed)?.error?.message ?? `${failed} is not true` : null);
};
const jose = async (jwt) => jwtVerify(jwt, async ({ kid, alg }) => {
  const method = (await readJson(index[kid.split('#')[0]])).verificationMethod.find(({ id }) => id === kid);
  return importJWK(method.publicKeyJwk, alg);
}, { algorithms: ['ES256', 'RS256'] }).then(() => null, (error) => error.message);

const parts = (record) => [record, ...(record.credentialSubject.verifiableCredential ?? [])];
const results = {};

// A form holds when nothing is said against it, and something against a changed copy.
async function holds(form, verifier, check, documents, change) {
  const against = await Promise.all(documents.map(check));
  const why = against.find((one) => one !== null);
  const noticed = await check(change(structuredClone(documents[0]))) !== null;
  note(!why && noticed, `${form}, ${verifier}: ${why ?? 'a changed copy was not noticed'}`);
  (results[form] ??= {})[verifier] = !why && noticed ? 'holds' : 'fails';
}

async function refused(form, verifier, check, document) {
  const why = await check(document);
  const forItsStatus = why !== null && /status|revo/i.test(why);
  note(forItsStatus, `${form}, ${verifier}: ${why ?? 'it was accepted'}`);
  (results[form] ??= {})[verifier] = forItsStatus ? 'refused' : 'fails';
}

const renamed = (credential) => {
  credential.name += '!';
  return credential;
};
for (const [verifier, check] of Object.entries({ 'Digital Bazaar': bazaar, 'verifier-core': core })) {
  for (const [form, file] of [['document', 'badge.json'], ['png', 'png.json'], ['svg', 'svg.json']]) {
    await holds(form, verifier, check, [await readJson(file)], renamed);
  }
  await holds('record', verifier, check, parts(await readJson('clr.json')), (record) => {
    renamed(record.credentialSubject.verifiableCredential[1]);
    return record;
  });
  await refused('revoked', verifier, check, await readJson('revoked.json'));
  await refused('suspended', verifier, check, await readJson('suspended.json'));
}
const jwt = await readFile(join(folder, 'badge.jwt'), 'utf8');
await holds('jwt', 'jose', jose, [jwt], (text) => {
  const [header, payload, signature] = text.split('.');
  const changed = renamed(JSON.parse(new TextDecoder().decode(base64url.decode(payload))));
  return [header, base64url.encode(JSON.stringify(changed)), signature].join('.');
});

// Digital Bazaar's signer makes the same signatures with the same key: of every badge, whether it was
// prepared by a template or not.
const sign = await signer(await readFile(join(folder, 'issuer.pem'), 'utf8'));
for (const file of ['badge.json', 'revoked.json', 'suspended.json']) {
  const signed = await readJson(file);
  const { proof } = await sign(signed);
  note(proof.proofValue === signed.proof.proofValue, `${file}: another signer makes the same signature`);
}

// The page's JSON-LD. schema.org's context is its vocabulary, as far as a page needs it.
const page = await readFile(join(folder, 'page.html'), 'utf8');
const [, script] = page.match(/<script type="application\/ld\+json">(.*?)<\/script>/s);
const vocabulary = { '@context': { '@vocab': 'https://schema.org/', id: '@id', type: '@type' } };
const pageLoader = async (url) => (/^https?:\/\/schema\.org\/?$/.test(url)
  ? { contextUrl: null, documentUrl: url, document: vocabulary, tag: 'static' } : documentLoader(url));
const [said] = await jsonld.expand(JSON.parse(script), { safe: true, documentLoader: pageLoader });
const badge = await readJson('badge.json');
const value = (node, name) => node?.[`https://schema.org/${name}`]?.[0];
note(said['@id'] === badge.id, 'the page has the id of the badge');
note(said['@type']?.includes('https://schema.org/EducationalOccupationalCredential'), 'the page says what it is');
note(value(said, 'name')?.['@value'] === badge.credentialSubject.achievement.name, 'the page names the badge');
note(value(value(said, 'recognizedBy'), 'name')?.['@value'] === badge.issuer.name, 'the page names the issuer');
const achievement = await readJson('achievement.json');
const [expanded] = await jsonld.expand(achievement, { safe: true, documentLoader });
note(expanded['@id'] === achievement.id, 'the achievement is linked data');

await writeFile(join(folder, 'javascript.json'), JSON.stringify(results));
finish();
