// Digital Bazaar's verifier in JSON-LD safe mode, with a folder in the place of the web: addresses
// and DIDs are looked up in its index.json.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as didKey from '@digitalbazaar/did-method-key';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { verifyCredential } from '@digitalbazaar/vc';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';

import { contexts } from './contexts.mjs';

const answer = (documentUrl, document) => ({ contextUrl: null, documentUrl, document, tag: 'static' });

export async function open(folder) {
  const readJson = async (path) => JSON.parse(await readFile(join(folder, path), 'utf8'));
  const index = await readJson('index.json');
  const driver = didKey.driver();
  driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from });

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

  async function verify(credential) {
    const suite = new DataIntegrityProof({ cryptosuite });
    const result = await verifyCredential({ credential, suite, documentLoader, checkStatus });
    // The library compares the key with its controller, not with the issuer.
    const { verificationMethod } = credential.proof;
    if (result.verified && verificationMethod.split('#')[0] !== credential.issuer.id) {
      return { verified: false, error: new Error('the key is not the issuer\'s') };
    }
    // It reads the bit; what that means is left to its caller.
    if (result.verified && result.statusResult?.results.some(({ status }) => status)) {
      return { verified: false, error: new Error('its bit in the status list is set') };
    }
    return result;
  }

  return { readJson, index, documentLoader, verify };
}

export function reason({ error, statusResult }) {
  const first = error ?? statusResult?.error ?? statusResult?.results?.find((one) => one.error)?.error;
  const inner = first?.errors?.[0] ?? first?.cause ?? first;
  return inner?.message ?? 'no reason given';
}
