// Verifies the JWT form of a folder of badges (`accolade demo --exit --output DIR`) with `jose`, by
// the keys of the DID document and by the rules of 1EdTech's public validator.
//
//   npm ci && node jwt.mjs DIR
//
// Every JWT must hold and say what the badge says; every changed copy must not hold.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { base64url, importJWK, jwtVerify } from 'jose';

import { finish, note } from './tally.mjs';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node jwt.mjs DIR');
  process.exit(2);
}

const readJson = async (path) => JSON.parse(await readFile(join(folder, path), 'utf8'));
const index = await readJson('index.json');
const seconds = (date) => Math.floor(Date.parse(date) / 1000);

async function verify(jwt) {
  return jwtVerify(jwt, async ({ kid, alg }) => {
    const did = kid.split('#')[0];
    const document = await readJson(index[did]);
    const method = document.verificationMethod.find(({ id }) => id === kid);
    if (!method || method.controller !== did || !document.assertionMethod.includes(kid)) {
      throw new Error(`${kid} is not a key for assertions`);
    }
    return importJWK(method.publicKeyJwk, alg);
  }, { algorithms: ['ES256', 'RS256'], typ: 'JWT' });
}

function differences({ payload, protectedHeader }, badge) {
  const { iss, jti, nbf, exp, sub, ...credential } = payload;
  const { proof, ...unsigned } = badge;
  return Object.entries({
    'the credential': isDeepStrictEqual(credential, unsigned),
    typ: protectedHeader.typ === 'JWT',
    iss: iss === badge.issuer.id && protectedHeader.kid.split('#')[0] === iss,
    jti: jti === badge.id,
    nbf: nbf === seconds(badge.validFrom),
    exp: exp === (badge.validUntil && seconds(badge.validUntil)),
    sub: sub === badge.credentialSubject.id,
  }).filter(([, same]) => !same).map(([what]) => what);
}

const files = (await readdir(join(folder, 'credentials'))).filter((name) => name.endsWith('.jwt')).sort();
for (const file of files) {
  const jwt = await readFile(join(folder, 'credentials', file), 'utf8');
  const badge = await readJson(join('credentials', file.replace(/jwt$/, 'json')));
  try {
    const different = differences(await verify(jwt), badge);
    note(different.length === 0, `${file}: ${different} differs`);
  } catch (error) {
    note(false, `${file}: ${error.message}`);
  }
  const [header, payload, signature] = jwt.split('.');
  const decoded = JSON.parse(new TextDecoder().decode(base64url.decode(payload)));
  decoded.credentialSubject.achievement.name += '!';
  const changed = [header, base64url.encode(JSON.stringify(decoded)), signature].join('.');
  note(await verify(changed).then(() => false, () => true), `${file}: another achievement was not noticed`);
}
if (files.length === 0) {
  note(false, 'there are no JWTs');
}
finish();
