import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const PREFIX = 'cca_';

const claimsSchema = z.object({
  orgId: z.string(),
  attemptId: z.string(),
  workRequestId: z.string(),
  taskId: z.string(),
  workerId: z.string(),
  fence: z.number().int().positive(),
  /** Seconds since 1970. */
  exp: z.number(),
});

export interface AttemptClaims {
  readonly orgId: string;
  readonly attemptId: string;
  readonly workRequestId: string;
  readonly taskId: string;
  readonly workerId: string;
  readonly fence: number;
  readonly expiresAt: Date;
}

/** A key that signs nothing but attempt tokens. */
export function attemptTokenKey(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat attempt token v1').digest();
}

function signature(key: Buffer, payload: string): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}

/** `cca_<base64url(json)>.<base64url(hmac-sha256)>` */
export function sealAttemptToken(key: Buffer, { expiresAt, ...claims }: AttemptClaims): string {
  const body = { ...claims, exp: Math.floor(expiresAt.getTime() / 1000) };
  const payload = Buffer.from(JSON.stringify(body)).toString('base64url');
  return `${PREFIX}${payload}.${signature(key, payload).toString('base64url')}`;
}

function readClaims(payload: string): AttemptClaims | undefined {
  const parsed = claimsSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!parsed.success) return undefined;
  const { exp, ...claims } = parsed.data;
  return { ...claims, expiresAt: new Date(exp * 1000) };
}

/** Undefined for anything that was not sealed with this key, or has expired. */
export function openAttemptToken(key: Buffer, token: string, now: Date): AttemptClaims | undefined {
  const [, payload, mac] = /^cca_([\w-]{1,2000})\.([\w-]{43})$/.exec(token) ?? [];
  if (payload === undefined || mac === undefined) return undefined;
  if (!timingSafeEqual(signature(key, payload), Buffer.from(mac, 'base64url'))) return undefined;
  const claims = readClaims(payload);
  return claims && claims.expiresAt > now ? claims : undefined;
}
