import { z } from 'zod';

/** Claims of our access tokens: RFC 9068, RFC 9449, and three of our own. */
const claimsSchema = z.looseObject({
  iss: z.string(),
  /** `usr_…` for people, `wrk_…` for workers, `cli_…` for programs. */
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  jti: z.string().min(1),
  client_id: z.string().min(1),
  org_id: z.string().min(1),
  scope: z.string().default(''),
  auth_time: z.number().optional(),
  amr: z.array(z.string()).optional(),
  sid: z.string().optional(),
  grant_id: z.string().optional(),
  client_gen: z.number().optional(),
  cnf: z.looseObject({ jkt: z.string() }).optional(),
});

export interface AccessClaims {
  readonly subject: string;
  readonly orgId: string;
  readonly clientId: string;
  readonly tokenId: string;
  readonly scopes: ReadonlySet<string>;
  readonly audience: string | readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly signedInAt: Date | undefined;
  readonly amr: readonly string[] | undefined;
  readonly sessionId: string | undefined;
  readonly grantId: string | undefined;
  /** Generation of the client's scopes out of which the token came; tokens of clients only. */
  readonly clientGeneration: number | undefined;
  /** Thumbprint of the key to which the token is bound (RFC 9449). */
  readonly keyThumbprint: string | undefined;
}

const instant = (seconds: number) => new Date(seconds * 1_000);

/** Undefined when a claim is missing or of another form. */
export function accessClaims(payload: unknown): AccessClaims | undefined {
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const claims = parsed.data;
  return {
    subject: claims.sub,
    orgId: claims.org_id,
    clientId: claims.client_id,
    tokenId: claims.jti,
    scopes: new Set(claims.scope.split(' ').filter((scope) => scope !== '')),
    audience: claims.aud,
    issuedAt: instant(claims.iat),
    expiresAt: instant(claims.exp),
    signedInAt: claims.auth_time === undefined ? undefined : instant(claims.auth_time),
    amr: claims.amr,
    sessionId: claims.sid,
    grantId: claims.grant_id,
    clientGeneration: claims.client_gen,
    keyThumbprint: claims.cnf?.jkt,
  };
}
