import {
  type AccessRequest,
  type Approval,
  type GrantableOrganization,
  Interactions,
  type PendingDevice,
  type PendingRequest,
} from '../../../src/identity/oidc/interactions.port.js';

const CLIENT = {
  id: 'cli_test',
  name: 'Build Robot',
  uri: undefined,
  isFirstParty: false,
  isInstalled: false,
  isSelfRegistered: true,
};

/** An authorization server of a test: one request, one machine, and what was answered. */
export class ScriptedInteractions extends Interactions {
  request: PendingRequest | undefined;
  device: PendingDevice | undefined;
  organizations: GrantableOrganization[] = [];
  readonly approvals: Approval[] = [];

  ask(uid: string, step: 'sign_in' | 'consent', more: Partial<PendingRequest> = {}): void {
    const scopes = ['work:submit', 'work:read', 'skill:python', 'offline_access'];
    const asked = { client: CLIENT, scopes, organization: undefined, signedInSince: undefined, loginHint: undefined };
    this.request = { ...asked, uid, step, redirectsTo: 'http://127.0.0.1:1', ...more };
  }

  wait(userCode: string): void {
    const machine = {
      name: 'forge',
      platform: 'linux',
      architecture: 'x86_64',
      cpuCores: 16,
      gpu: 'RTX 4090',
      labels: ['lab'],
    };
    const scopes = ['worker:register', 'task:accept', 'skill:python', 'skill:cuda'];
    const from = { address: '192.0.2.7', userAgent: undefined, expiresAt: new Date(Date.now() + 60_000) };
    const client = { ...CLIENT, name: 'CoorChat worker', isSelfRegistered: false };
    this.device = { client, scopes, organization: undefined, userCode, machine, ...from };
  }

  override details(): Promise<PendingRequest | undefined> {
    return Promise.resolve(this.request);
  }

  override finishLogin() {
    return Promise.resolve({ kind: 'go_on', url: '/auth/account?login=done' } as const);
  }

  override choices({ scopes }: AccessRequest): Promise<GrantableOrganization[]> {
    return Promise.resolve(this.organizations.map((organization) => ({ ...organization, scopes })));
  }

  override isGranted(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override finishConsent(_exchange: unknown, approval: Approval) {
    this.approvals.push(approval);
    return Promise.resolve({ kind: 'go_on', url: '/auth/account?consent=given' } as const);
  }

  override abort() {
    return Promise.resolve({ kind: 'go_on', url: '/auth/account?consent=refused' } as const);
  }

  override findDevice(userCode: string): Promise<PendingDevice | undefined> {
    return Promise.resolve(this.device?.userCode === userCode ? this.device : undefined);
  }

  override approveDevice(_userCode: string, approval: Approval) {
    this.approvals.push(approval);
    return Promise.resolve({ kind: 'approved' } as const);
  }

  override denyDevice(): Promise<void> {
    return Promise.resolve();
  }
}
