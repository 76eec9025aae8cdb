import type { IncomingHttpHeaders } from 'node:http';
import type { TenantContext } from '@coorchat/kernel';

/** What the rim knows of a caller before anything was checked. */
export interface PresentedCredential {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly address?: string;
  readonly requestId: string;
}

/** Turns a credential into the tenant and actor that it stands for. Bound in `processes`. */
export abstract class Authenticator {
  /**
   * Undefined when the credential is missing or unknown.
   * @throws ChallengedError when its owner should hear what is wrong with it
   */
  abstract authenticate(presented: PresentedCredential): Promise<TenantContext | undefined>;
}
