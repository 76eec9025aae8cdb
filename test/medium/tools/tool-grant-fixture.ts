import type { Grant } from '@coorchat/a2a';

/** A grant of everything but commands, servers and network, save what is given. */
export function grantOf(given: Partial<Grant> = {}): Grant {
  return {
    version: 1,
    attemptId: 'att_1',
    taskId: 'tsk_1',
    workRequestId: 'wrq_1',
    orgId: 'org_1',
    providerOrgId: 'org_1',
    workerId: 'wrk_1',
    fence: 1,
    skill: null,
    repository: null,
    tools: ['*'],
    mcpServers: [],
    network: 'none',
    commands: false,
    ownModelKey: false,
    budgetMicros: 0,
    maxDurationMs: 60_000,
    issuedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2036-01-01T00:00:00.000Z',
    ...given,
  };
}
