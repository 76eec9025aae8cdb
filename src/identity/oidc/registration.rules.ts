import { z } from 'zod';

const MAX_REDIRECTS = 10;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Where a browser may be sent: https, or a program on the person's own machine. No schemes of one's own, no fragments. */
export function isAllowedRedirect(uri: string): boolean {
  if (uri.length > 500 || !URL.canParse(uri) || uri.includes('#')) return false;
  const { protocol, hostname, username, password } = new URL(uri);
  if (username !== '' || password !== '') return false;
  return protocol === 'http:' ? LOOPBACK.has(hostname) : protocol === 'https:' && !LOOPBACK.has(hostname);
}

const registrationSchema = z.object({
  redirect_uris: z.array(z.string()).min(1).max(MAX_REDIRECTS),
  client_name: z.string().trim().min(1).max(100).optional(),
  client_uri: z
    .url({ protocol: /^https$/ })
    .max(500)
    .optional(),
  grant_types: z.array(z.string()).max(10).optional(),
});

/** What a registration becomes: whatever is asked for, a public client with code and PKCE. */
export interface PublicClientMetadata {
  readonly application_type: 'native' | 'web';
  readonly redirect_uris: readonly string[];
  readonly client_name: string;
  readonly client_uri?: string;
  readonly grant_types: readonly string[];
  readonly response_types: readonly ['code'];
  readonly token_endpoint_auth_method: 'none';
}

export type Registration =
  | { readonly kind: 'accepted'; readonly metadata: PublicClientMetadata }
  | {
      readonly kind: 'refused';
      readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata';
      readonly why: string;
    };

/** Control characters and what turns the direction of writing around do not belong into a name that people are shown. */
function plainName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}

/** Decides on a request for registration (RFC 7591). Metadata that we do not use are left out, as the RFC allows. */
export function judgeRegistration(body: unknown): Registration {
  const parsed = registrationSchema.safeParse(body);
  if (!parsed.success) {
    const [path] = parsed.error.issues[0]?.path ?? [];
    const error = path === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    return { kind: 'refused', error, why: `${String(path ?? 'the body')} is missing or malformed` };
  }
  const { redirect_uris: uris, client_name: name = '', client_uri: uri, grant_types: grants } = parsed.data;
  if (!uris.every(isAllowedRedirect)) {
    const why = 'redirect_uris must be https, or http on a loopback address; no fragment, no credentials';
    return { kind: 'refused', error: 'invalid_redirect_uri', why };
  }
  const isNative = uris.some((each) => each.startsWith('http:'));
  const wantsRefresh = grants === undefined || grants.includes('refresh_token');
  return {
    kind: 'accepted',
    metadata: {
      application_type: isNative ? 'native' : 'web',
      redirect_uris: uris,
      client_name: plainName(name) || new URL(uris[0] ?? '').host,
      ...(uri !== undefined && { client_uri: uri }),
      grant_types: ['authorization_code', ...(wantsRefresh ? ['refresh_token'] : [])],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  };
}
