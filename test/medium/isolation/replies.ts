import { PROBE_HEADER, type StatementCount } from './statement-count.js';

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Those that say something about the answer, one a line. */
  readonly headers: string;
  /** What the request sent to the database. */
  readonly statements: number;
}

/** Headers that differ from call to call. */
const OF_THE_CALL = /^(date|x-request-id|(x-)?ratelimit|set-cookie|dpop-nonce|content-length)/;
const TIMEOUT_MS = 20_000;

let asked = 0;

/** One request, with the statements that it needed. */
export async function ask(statements: StatementCount, url: string, init: RequestInit): Promise<Reply> {
  const probe = `ask-${++asked}`;
  const headers = { ...(init.headers as Record<string, string>), [PROBE_HEADER]: probe };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { ...init, headers, redirect: 'manual', signal });
  const body = await response.text();
  const said = [...response.headers].filter(([name]) => !OF_THE_CALL.test(name)).map((header) => header.join(': '));
  return { status: response.status, body, headers: said.join('\n'), statements: statements.of(probe) };
}

/** A well-formed id that nobody has. */
export function absentId(prefix: string): string {
  return `${prefix}_${'0'.repeat(26)}`;
}

/** An answer without the ids and signatures in it: no ECDSA signature is made twice. */
export function masked({ status, headers, body }: Omit<Reply, 'statements'>): string {
  const text = `${headers}\n${body}`.replace(/\b[a-z]{3,4}_[0-9a-hjkmnp-tv-z]{26}\b/g, '<id>');
  return `${status} ${text.replace(/"signature":"[\w-]+"/g, '<signature>')}`;
}
