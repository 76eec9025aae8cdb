import type { IncomingHttpHeaders } from 'node:http';
import type { TenantContext } from '@coorchat/kernel';
import type { CredentialOwner } from './credential-owner.js';

/** What the rim knows of a caller before anything was checked. */
export interface PresentedCredential {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly address?: string;
  readonly requestId: string;
}

/** A credential that was good once: revoked, expired, or of somebody who left. */
export interface EndedCredential {
  readonly refused: CredentialOwner;
}

/** Undefined when the credential is missing or unknown; whom it belonged to when it has ended. */
export type Admission = TenantContext | EndedCredential | undefined;

/** Turns a credential into the tenant and actor that it stands for. Bound in `processes`. */
export abstract class Authenticator {
  /**
   * At once where it was seen a moment ago.
   * @throws ChallengedError when its owner should hear what is wrong with it
   */
  abstract authenticate(presented: PresentedCredential): Admission | Promise<Admission>;
}
