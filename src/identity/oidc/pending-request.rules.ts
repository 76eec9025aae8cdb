import { z } from 'zod';
import { OIDC_SCOPES, resourceScopes } from './asked-scopes.rules.js';

const machineSchema = z.record(z.string(), z.unknown());

const paramsSchema = z.object({
  client_id: z.string(),
  scope: z.string().optional(),
  resource: z.union([z.string(), z.array(z.string())]).optional(),
  organization: z.string().max(100).optional().catch(undefined),
  login_hint: z.string().max(320).optional().catch(undefined),
  prompt: z.string().optional(),
  max_age: z.coerce.number().int().min(0).optional().catch(undefined),
  redirect_uri: z.string().optional(),
  machine: z.string().optional(),
});

/** Parameters of a request for authorization, as they were checked and kept. */
export interface AskedFor {
  readonly clientId: string;
  /** Of our resource. */
  readonly scopes: readonly string[];
  /** Of OpenID Connect. */
  readonly oidcScopes: readonly string[];
  readonly resources: readonly string[];
  readonly organization: string | undefined;
  readonly loginHint: string | undefined;
  readonly machine: Readonly<Record<string, unknown>> | undefined;
  /** Origin, or scheme with colon. */
  readonly redirectsTo: string;
  /** How old a sign-in may be, seconds; 0: it has to be done again. */
  readonly maxSignInAgeS: number | undefined;
}

function machineOf(text: string | undefined): AskedFor['machine'] {
  try {
    const parsed = machineSchema.safeParse(JSON.parse(text ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function targetOf(redirectUri: string | undefined): string {
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return '';
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}

/** Undefined when something is missing that every request has. */
export function askedFor(params: unknown): AskedFor | undefined {
  const parsed = paramsSchema.safeParse(params);
  if (!parsed.success) return undefined;
  const { client_id: clientId, scope = '', resource = [], prompt = '', max_age: maxAge, ...rest } = parsed.data;
  const scopes = scope.split(' ').filter((each) => each !== '');
  return {
    clientId,
    scopes: resourceScopes(scopes),
    oidcScopes: scopes.filter((each) => OIDC_SCOPES.some((known) => known === each)),
    resources: [resource].flat(),
    organization: rest.organization,
    loginHint: rest.login_hint,
    machine: machineOf(rest.machine),
    redirectsTo: targetOf(rest.redirect_uri),
    maxSignInAgeS: prompt.split(' ').includes('login') ? 0 : maxAge,
  };
}

/** The person must have shown credentials after this instant. */
export function signedInSince({ maxSignInAgeS }: AskedFor, askedAtS: number): Date | undefined {
  return maxSignInAgeS === undefined ? undefined : new Date((askedAtS - maxSignInAgeS) * 1_000);
}
