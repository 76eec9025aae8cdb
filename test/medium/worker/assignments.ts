import { Role, type SendMessageRequest } from '@a2a-js/sdk';
import {
  type Assignment,
  dataPart,
  type GrantKey,
  type SentAssignment,
  signGrant,
  TASK_EXTENSION_URI,
} from '@coorchat/a2a';
import { newId } from '@coorchat/kernel';
import { type ControlPlaneStub, GRANT_KEY } from './control-plane.stub.js';

type Changes = Partial<Omit<Assignment, 'grant'>> & { readonly grant?: Partial<Assignment['grant']> };

/** A tool task without a repository, for the worker that enrolled at the stub. */
export function assignment(plane: Pick<ControlPlaneStub, 'workerId' | 'orgId'>, changes: Changes = {}): Assignment {
  const attemptId = changes.attemptId ?? newId('attempt');
  const fence = changes.fence ?? 1;
  const now = Date.now();
  return {
    version: 1,
    key: 'task',
    role: 'work',
    kind: 'tool',
    title: 'A task',
    description: '',
    goal: 'to be tested',
    model: null,
    tool: { server: 'owner', name: 'echo', arguments: { text: 'hello' } },
    repository: null,
    upstreams: [],
    checks: {},
    api: { url: 'http://127.0.0.1:9', token: `cca_${'b'.repeat(30)}` },
    leaseMs: 60_000,
    ...changes,
    attemptId,
    fence,
    grant: {
      version: 1,
      attemptId,
      taskId: newId('task'),
      workRequestId: newId('workRequest'),
      orgId: plane.orgId,
      providerOrgId: plane.orgId,
      workerId: plane.workerId,
      fence,
      skill: null,
      repository: changes.repository?.url ?? null,
      tools: ['*'],
      mcpServers: ['*'],
      network: 'none',
      commands: true,
      ownModelKey: false,
      budgetMicros: 1_000_000,
      maxDurationMs: 60_000,
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + 3_600_000).toISOString(),
      ...changes.grant,
    },
  };
}

/** As the control plane sends it; `key` is another one's for a grant that nobody should believe. */
export async function message(content: Assignment, key: GrantKey = GRANT_KEY): Promise<SendMessageRequest> {
  const sent: SentAssignment = { ...content, grant: await signGrant(content.grant, key) };
  return {
    tenant: '',
    message: {
      messageId: content.attemptId,
      contextId: content.attemptId,
      taskId: '',
      role: Role.ROLE_USER,
      parts: [dataPart(sent)],
      metadata: undefined,
      extensions: [TASK_EXTENSION_URI],
      referenceTaskIds: [],
    },
    configuration: undefined,
    metadata: undefined,
  };
}
