import { isIP } from 'node:net';
import { z } from 'zod';
import type { Site } from './visitor.js';

const base64url = z
  .string()
  .regex(/^[\w-]+$/)
  .max(8_000);

const shared = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}).default({}),
  authenticatorAttachment: z.enum(['cross-platform', 'platform']).optional(),
};

/** What `PublicKeyCredential.toJSON()` gives after a registration. */
export const registrationSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(30)).max(10).optional(),
  }),
});

/** What `PublicKeyCredential.toJSON()` gives after a sign-in. */
export const assertionSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.optional(),
  }),
});

/** Passkeys are bound to a host name; undefined for a bare address, to which browsers bind none. */
export function relyingPartyId({ origin }: Site): string | undefined {
  const { hostname } = new URL(origin);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined;
}

/** RFC 8176: a passkey is a key and its owner's finger or PIN at once. */
export function passkeyAmr({ synced }: { synced: boolean }): string[] {
  return [synced ? 'swk' : 'hwk', 'user', 'mfa'];
}
