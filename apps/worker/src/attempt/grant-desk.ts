import { type Assignment, type Failure, type GrantFault, openGrant, type SentAssignment } from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import { PublishedKeys } from './published-keys.js';

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

/** Opens grants with the keys that the control plane publishes: nothing is done without one. */
export class GrantDesk {
  readonly #workerId: string;
  readonly #keys: PublishedKeys;

  constructor({ url, workerId }: GrantDeskOptions) {
    this.#workerId = workerId;
    this.#keys = new PublishedKeys(new URL('oidc/jwks', url.endsWith('/') ? url : `${url}/`).href);
  }

  async open(sent: SentAssignment): Promise<OpenedAssignment> {
    const { attemptId, fence } = sent;
    const refuse = (code: string, message: string): OpenedAssignment => ({
      refused: { attemptId, fence },
      failure: { class: 'worker', code, message },
    });
    try {
      const opened = await openGrant(sent.grant, { keys: this.#keys.find, workerId: this.#workerId });
      if ('grant' in opened) return { assignment: { ...sent, grant: opened.grant } };
      const { code, message } = MESSAGES[opened.fault];
      return refuse(code, message);
    } catch (error) {
      return refuse('worker.keys_unavailable', `The keys of the control plane could not be read: ${messageOf(error)}`);
    }
  }
}
