// Digital Bazaar's signer with a key in PEM, and Accolade's contexts at hand.

import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { issue } from '@digitalbazaar/vc';

import { contexts } from './contexts.mjs';

// What stands before the seed (RFC 8410). With the public key behind it, as here, Node's own reader does
// not know the form.
const SEED = Buffer.from('04220420', 'hex');

async function documentLoader(url) {
  if (!contexts.has(url)) {
    throw new Error(`${url} is not at hand`);
  }
  return { contextUrl: null, documentUrl: url, document: contexts.get(url), tag: 'static' };
}

// Signs a signed badge anew, at the same time with the same key: the answer is the whole badge.
export async function signer(pem) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const seed = new Uint8Array(der.subarray(der.indexOf(SEED) + SEED.length).subarray(0, 32));
  return async ({ proof, ...credential }) => {
    const [controller] = proof.verificationMethod.split('#');
    const key = await Ed25519Multikey.generate({ id: proof.verificationMethod, controller, seed });
    const suite = new DataIntegrityProof({ signer: key.signer(), date: proof.created, cryptosuite });
    return issue({ credential, suite, documentLoader });
  };
}
