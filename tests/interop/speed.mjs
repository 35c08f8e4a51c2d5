// Has Digital Bazaar's signer sign the badge that `cargo bench --bench sign` has just signed, and
// compares: the same signature, and how many a second.
//
//   node speed.mjs FILE

import { readFile } from 'node:fs/promises';

import { signer } from './signer.mjs';
import { finish, note } from './tally.mjs';

const SECONDS = 10;

const [file] = process.argv.slice(2);
if (!file) {
  console.error('usage: node speed.mjs FILE');
  process.exit(2);
}

const { key, signed, perSecond } = JSON.parse(await readFile(file, 'utf8'));
const sign = await signer(key);
const { proof } = await sign(signed);
note(proof.proofValue === signed.proof.proofValue, `both signers make the same signature, not ${proof.proofValue}`);

// By processor time, so that whatever else runs on the machine does not count; the best of some rounds, as
// for the other. The first warm the machine up.
let best = 0;
const until = process.hrtime.bigint() + BigInt(SECONDS * 1e9);
while (process.hrtime.bigint() < until) {
  const begin = process.cpuUsage();
  for (let count = 0; count < 10; count += 1) {
    await sign(signed);
  }
  const { user, system } = process.cpuUsage(begin);
  best = Math.max(best, 10e6 / (user + system));
}
const row = (what, rate) => console.log(`${what.padEnd(58)}${rate.toFixed(0).padStart(8)}/s${(rate / best).toFixed(0).padStart(8)} x`);
row('Digital Bazaar, in Node', best);
row('Accolade, prepared and signed', perSecond.signed);
row('  and sealed, its signature checked in batches of 50', perSecond.sealed);
note(perSecond.signed >= 200 * best, 'Accolade signs at least 200 times as many a second');
finish();
