import { type Artifact, type Message, type Part, Role, type Task, type TaskStatus } from '@a2a-js/sdk';
import { dataPart, toA2aState } from '@coorchat/a2a';
import type { ArtifactView, TaskStatus as PublicStatus, WorkEvent, WorkStatus, WorkView } from '@coorchat/contracts';

const STATE_OF: Record<WorkStatus, PublicStatus> = {
  pending: 'submitted',
  planning: 'working',
  executing: 'working',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
};

export function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' };
}

function agentMessage(workRequestId: string, key: string, text: string): Message {
  return {
    messageId: `${workRequestId}-${key}`,
    contextId: workRequestId,
    taskId: workRequestId,
    role: Role.ROLE_AGENT,
    parts: [textPart(text)],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

function closingText({ status, error, result }: WorkView): string | undefined {
  if (error) return error.message;
  if (status !== 'completed') return undefined;
  return result ? `Done: branch ${result.branch} at ${result.head}.` : 'Done.';
}

export function statusOf(work: WorkView): TaskStatus {
  const text = closingText(work);
  return {
    state: toA2aState(STATE_OF[work.status]),
    message: text === undefined ? undefined : agentMessage(work.id, work.status, text),
    timestamp: work.completedAt ?? work.createdAt,
  };
}

/** The delivered branch: its commits and where to download them. */
function resultArtifact(work: WorkView, baseUrl: string): Artifact[] {
  if (!work.result) return [];
  const bundleUrl = `${baseUrl}/v1/work-requests/${work.id}/result.bundle`;
  return [
    {
      artifactId: 'result',
      name: work.result.branch,
      description: 'The delivered branch',
      parts: [
        textPart(`Branch ${work.result.branch} at ${work.result.head}; git bundle at ${bundleUrl}`),
        dataPart({ ...work.result, bundleUrl }),
      ],
      metadata: undefined,
      extensions: [],
    },
  ];
}

/** What a task left behind, to be downloaded with the same credential. */
function leftArtifact({ id, name, kind, mediaType, digest, bytes, taskId }: ArtifactView, baseUrl: string): Artifact {
  const value = `${baseUrl}/v1/artifacts/${id}/content`;
  return {
    artifactId: id,
    name,
    description: `${kind} of a task, ${bytes} bytes`,
    parts: [{ content: { $case: 'url', value }, metadata: undefined, filename: name, mediaType }],
    metadata: { kind, digest, bytes, taskId },
    extensions: [],
  };
}

/** The delivered branch first, then what its tasks left. */
export function artifactsOf({ work, left, baseUrl }: WorkScene): Artifact[] {
  return [...resultArtifact(work, baseUrl), ...left.map((artifact) => leftArtifact(artifact, baseUrl))];
}

export interface WorkScene {
  readonly work: WorkView;
  readonly left: readonly ArtifactView[];
  readonly baseUrl: string;
}

export function taskOf(scene: WorkScene): Task {
  const { work } = scene;
  return {
    id: work.id,
    contextId: work.id,
    status: statusOf(work),
    artifacts: artifactsOf(scene),
    history: [],
    metadata: { costUsd: work.costUsd, taskCounts: work.taskCounts },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What a watching client reads of an event; undefined for those that only matter inside. */
export function lineOf({ type, data }: WorkEvent): string | undefined {
  const subject = text(data['title']) ?? text(data['key']) ?? '';
  const detail = text(data['message']) ?? text(data['summary']) ?? text(data['text']);
  const head = `${type.replace('.', ' ').replaceAll('_', ' ')}${subject ? `: ${subject}` : ''}`;
  return detail ? `${head} – ${detail}` : head;
}

export function progressStatus(workRequestId: string, event: WorkEvent): TaskStatus {
  const state = event.type === 'work.submitted' ? 'submitted' : 'working';
  const line = lineOf(event);
  return {
    state: toA2aState(state),
    message: line === undefined ? undefined : agentMessage(workRequestId, String(event.seq), line),
    timestamp: event.at,
  };
}
