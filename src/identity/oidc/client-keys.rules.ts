import { z } from 'zod';
import type { PublicJwks } from './oauth-client.store.js';

const text = z.string().min(1).max(2_000);
const named = { kid: z.string().min(1).max(200).optional() };

/** Public halves only: a member that we do not name, a private one above all, is a fault. */
const keySchema = z.discriminatedUnion('kty', [
  z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: text,
    y: text,
    alg: z.literal('ES256').optional(),
    use: z.literal('sig').optional(),
    ...named,
  }),
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: text,
    alg: z.enum(['EdDSA', 'Ed25519']).optional(),
    use: z.literal('sig').optional(),
    ...named,
  }),
  z.strictObject({
    kty: z.literal('RSA'),
    // 2048 bits and more.
    n: z.string().min(342).max(2_000),
    e: text,
    alg: z.enum(['PS256', 'RS256']).optional(),
    use: z.literal('sig').optional(),
    ...named,
  }),
]);

const keysSchema = z.array(keySchema).min(1).max(5);

/** Undefined unless each is a public key of a kind that we verify with. */
export function publicJwks(keys: readonly unknown[]): PublicJwks | undefined {
  const parsed = keysSchema.safeParse(keys);
  return parsed.success ? { keys: parsed.data } : undefined;
}
