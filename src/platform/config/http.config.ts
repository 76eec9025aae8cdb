import { z } from 'zod';
import { isAddressOrNetwork, parseOutboundEntry } from './outbound-entry.js';
import { urlOf, variable } from './variable.schema.js';

interface ListForm<T> {
  readonly form: string;
  readonly problem: string;
  /** Undefined for what is no item. */
  readonly read: (text: string) => T | undefined;
}

function listOf<T>({ form, problem, read }: ListForm<T>) {
  const item = z.string().transform((text, context) => {
    const found = read(text.trim());
    if (found === undefined) context.addIssue({ code: 'custom', message: problem });
    return found ?? z.NEVER;
  });
  const schema = z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item))
    .default([]);
  return variable(schema, { form: `a comma-separated list of ${form}` });
}

/** Scheme, host and port as browsers write them into `Origin`; `*` and `null` are none. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

export const httpVariables = {
  COORCHAT_HOST: variable(z.string().min(1).default('127.0.0.1'), {
    form: 'an address to listen on, such as 127.0.0.1',
  }),
  COORCHAT_PORT: variable(
    z
      .string()
      .regex(/^\d+$/, 'is not a whole number')
      .transform(Number)
      .pipe(z.number().max(65_535, 'is too large'))
      .default(7070),
    { form: 'a whole number from 0 to 65535 (0 takes a free port)' },
  ),
  COORCHAT_PUBLIC_URL: urlOf(['http', 'https'], 'https://coorchat.example').optional(),
  COORCHAT_CORS_ORIGINS: listOf({
    form: 'origins such as https://app.example',
    read: (text) => (isOrigin(text) ? text : undefined),
    problem: 'has an entry that is no origin (scheme and host, without path or slash at the end)',
  }),
  COORCHAT_TRUSTED_PROXIES: listOf({
    form: 'addresses and networks such as 10.0.0.7, 10.0.0.0/8 or fd00::/8',
    read: (text) => (isAddressOrNetwork(text) ? text : undefined),
    problem: 'has an entry that is neither an address nor a network',
  }),
  COORCHAT_OUTBOUND_ALLOW: listOf({
    form: 'networks, addresses and hosts such as 10.0.0.0/8, 10.0.0.7:8443, git.internal:443 or *.corp.example',
    read: parseOutboundEntry,
    problem: 'has an entry that is neither a network, an address nor a host',
  }),
};
