/** Why a credential is asked for. */
export interface CredentialDemand {
  /** To be part of the proof. */
  readonly nonce?: string | undefined;
  /** The one that was shown last was not taken, although its form was right. */
  readonly isRefused?: boolean;
}

/** A DPoP-bound access token with a proof for this upgrade (RFC 9449), or a bearer token. */
export type ShownCredential = string | ProvenCredential;

export interface ProvenCredential {
  readonly token: string;
  readonly proof: string;
}

export function credentialHeaders(credential: ShownCredential): Record<string, string> {
  if (typeof credential === 'string') return { authorization: `Bearer ${credential}` };
  return { authorization: `DPoP ${credential.token}`, dpop: credential.proof };
}
