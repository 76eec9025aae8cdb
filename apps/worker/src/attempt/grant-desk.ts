import { type Assignment, type Failure, type GrantFault, openGrant, type SentAssignment } from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import type { JWTVerifyGetKey } from 'jose';

export type OpenedAssignment =
  | { readonly assignment: Assignment }
  | { readonly refused: { readonly attemptId: string; readonly fence: number }; readonly failure: Failure };

export interface GrantDeskOptions {
  /** The control plane. */
  readonly url: string;
  readonly workerId: string;
}

const MESSAGES: Readonly<Record<GrantFault, { code: string; message: string }>> = {
  expired: {
    code: 'worker.grant_expired',
    message: 'The grant has expired. Check that the clocks of both machines are right.',
  },
  not_signed_for_us: {
    code: 'worker.grant_of_other_worker',
    message: 'The grant was given to another worker, or for another attempt.',
  },
  unknown_key: {
    code: 'worker.grant_of_unknown_key',
    message: 'The grant was signed with a key that the control plane does not publish.',
  },
  unreadable: { code: 'worker.bad_grant', message: 'The grant is not signed as grants are.' },
};

/** A key that is not known yet is looked for, but not more often than this. */
const COOLDOWN_MS = 2_000;
const MAX_AGE_MS = 10 * 60 * 1_000;

/** Opens grants with the keys that the control plane publishes: nothing is done without one. */
export class GrantDesk {
  readonly #options: GrantDeskOptions;
  #keys: JWTVerifyGetKey | undefined;

  constructor(options: GrantDeskOptions) {
    this.#options = options;
  }

  async open(sent: SentAssignment): Promise<OpenedAssignment> {
    const { attemptId, fence } = sent;
    const refuse = (code: string, message: string): OpenedAssignment => ({
      refused: { attemptId, fence },
      failure: { class: 'worker', code, message },
    });
    try {
      const opened = await openGrant(sent.grant, { keys: await this.#keySet(), workerId: this.#options.workerId });
      if ('grant' in opened) return { assignment: { ...sent, grant: opened.grant } };
      const { code, message } = MESSAGES[opened.fault];
      return refuse(code, message);
    } catch (error) {
      return refuse('worker.keys_unavailable', `The keys of the control plane could not be read: ${messageOf(error)}`);
    }
  }

  /** Loaded with the first assignment: an idle worker needs none of it. */
  async #keySet(): Promise<JWTVerifyGetKey> {
    if (this.#keys) return this.#keys;
    const { createRemoteJWKSet } = await import('jose');
    const url = new URL('oidc/jwks', this.#options.url.endsWith('/') ? this.#options.url : `${this.#options.url}/`);
    this.#keys = createRemoteJWKSet(url, { cooldownDuration: COOLDOWN_MS, cacheMaxAge: MAX_AGE_MS });
    return this.#keys;
  }
}
