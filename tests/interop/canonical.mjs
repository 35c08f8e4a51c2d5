// Compares Accolade's canonical forms (`examples/canonical_forms.rs`) with those of jsonld.js and
// rdf-canonize, byte for byte: documents by the contexts as their publishers packaged them, in
// safe mode, and graphs in which anonymous nodes tie.
//
//   npm ci && node canonical.mjs FILE...

import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

import jsonld from 'jsonld';
import { canonize } from 'rdf-canonize';

import { contexts } from './contexts.mjs';
import { finish, note } from './tally.mjs';

async function documentLoader(url) {
  if (!contexts.has(url)) {
    throw new Error(`no copy of ${url}`);
  }
  return { contextUrl: null, documentUrl: url, document: contexts.get(url), tag: 'static' };
}

const form = { algorithm: 'RDFC-1.0', format: 'application/n-quads' };

async function theirs({ document, quads }) {
  if (document) {
    const canonizeOptions = { maxWorkFactor: Infinity };
    return jsonld.canonize(document, { ...form, safe: true, documentLoader, canonizeOptions });
  }
  return canonize(quads, { ...form, inputFormat: 'application/n-quads', maxWorkFactor: Infinity });
}

async function* lines(files) {
  for (const file of files) {
    yield* createInterface({ input: createReadStream(file) });
  }
}

// Tells what differs in each `of`-th line, beginning with line `first`.
async function compare({ files, first, of }) {
  let number = 0;
  for await (const line of lines(files)) {
    if (number % of === first) {
      const one = JSON.parse(line);
      const kind = !one.document ? 'graph' : one.document.type.includes('ClrCredential') ? 'record' : 'badge';
      try {
        const [ours, expected] = [one.canonical.split('\n'), (await theirs(one)).split('\n')];
        const at = expected.findIndex((text, at) => text !== ours[at]);
        const same = at < 0 && ours.length === expected.length;
        parentPort.postMessage({ kind, why: same ? null : `“${ours[at]}” is “${expected[at]}”` });
      } catch (error) {
        parentPort.postMessage({ kind, why: error.details?.event?.message ?? error.message });
      }
    }
    number += 1;
  }
}

if (!isMainThread) {
  await compare(workerData);
} else {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error('usage: node canonical.mjs FILE...');
    process.exit(2);
  }
  const counts = { badge: 0, record: 0, graph: 0 };
  const of = availableParallelism();
  await Promise.all(Array.from({ length: of }, (_, first) => new Promise((done, failed) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { files, first, of } });
    worker.on('message', ({ kind, why }) => {
      counts[kind] += 1;
      note(why === null, `${kind} ${counts[kind]}: ${why}`);
    });
    worker.on('error', failed);
    worker.on('exit', done);
  })));
  for (const [kind, count] of Object.entries(counts)) {
    console.log(`${count} ${kind}s`);
    if (count === 0) {
      note(false, `there are no ${kind}s`);
    }
  }
  finish();
}
