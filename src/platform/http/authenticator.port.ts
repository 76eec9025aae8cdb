import type { IncomingHttpHeaders } from 'node:http';
import type { TenantContext } from '@coorchat/kernel';

/** What the rim knows of a caller before anything was checked. */
export interface PresentedCredential {
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
}

/** Turns a credential into the tenant and actor that it stands for. Bound in `processes`. */
export abstract class Authenticator {
  /** Undefined when the credential is missing, unknown, expired or revoked. */
  abstract authenticate(presented: PresentedCredential): Promise<TenantContext | undefined>;
}
