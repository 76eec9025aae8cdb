/**
 * Prefixed, sortable identifiers: `<prefix>_<26 characters of Crockford base32>`, 48 bits of
 * milliseconds and 80 random bits (the layout of ULID, lower case). Ids made in one process ascend.
 */
export const ID_PREFIXES = {
  organization: 'org',
  cluster: 'clu',
  pool: 'pool',
  worker: 'wrk',
  apiKey: 'key',
  enrolmentToken: 'enr',
  credential: 'crd',
  repository: 'rep',
  workRequest: 'wrq',
  taskGraph: 'grf',
  task: 'tsk',
  attempt: 'att',
  artifact: 'art',
  cost: 'cst',
  event: 'evt',
  session: 'ses',
  request: 'req',
  user: 'usr',
  member: 'mem',
  invitation: 'inv',
  oauthClient: 'cli',
  domain: 'dom',
  ssoConnection: 'sso',
  scimToken: 'sct',
  scimUser: 'scu',
  scimGroup: 'scg',
  signingKey: 'jwk',
  auditRecord: 'aud',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

let lastTime = 0;
let lastRandom: number[] = [];

function encodeTime(time: number): string {
  let rest = time;
  let text = '';
  for (let i = 0; i < TIME_LENGTH; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function increment(digits: readonly number[]): number[] {
  const next = [...digits];
  for (let i = next.length - 1; i >= 0; i--) {
    const digit = next[i] ?? 0;
    if (digit < 31) {
      next[i] = digit + 1;
      return next;
    }
    next[i] = 0;
  }
  return next;
}

function randomDigits(): number[] {
  return [...crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))].map((byte) => byte & 31);
}

export function newId(kind: IdKind): string {
  const now = Date.now();
  if (now > lastTime) {
    lastTime = now;
    lastRandom = randomDigits();
  } else {
    lastRandom = increment(lastRandom);
  }
  const random = lastRandom.map((digit) => ALPHABET.charAt(digit)).join('');
  return `${ID_PREFIXES[kind]}_${encodeTime(lastTime)}${random}`;
}

export function idPattern(kind: IdKind): RegExp {
  return new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{26}$`);
}

export function isId(kind: IdKind, text: string): boolean {
  return idPattern(kind).test(text);
}
