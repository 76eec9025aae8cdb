import { type Message, type Part, Role, type StreamResponse, type Task } from '@a2a-js/sdk';
import { TASK_EXTENSION_URI } from './extension-uris.js';
import { toA2aState } from './task-state.js';
import { type WorkerEvent, workerEventSchema } from './worker-event.schema.js';

function textPart(value: string): Part {
  return {
    content: { $case: 'text', value },
    metadata: undefined,
    filename: '',
    mediaType: 'text/plain',
  };
}

export function dataPart(value: unknown): Part {
  return {
    content: { $case: 'data', value },
    metadata: undefined,
    filename: '',
    mediaType: 'application/json',
  };
}

/** What a person or an agent without the extension reads of an event. */
function textOf(event: WorkerEvent): string | undefined {
  if (event.failure) return event.failure.message;
  if (event.result) return event.result.summary;
  if (event.question) return event.question;
  if (event.progress?.kind === 'text' || event.progress?.kind === 'step') return event.progress.text;
  return event.progress && 'summary' in event.progress ? event.progress.summary : undefined;
}

function agentMessage(attemptId: string, event: WorkerEvent, text: string): Message {
  return {
    messageId: `${attemptId}-${event.seq}`,
    contextId: attemptId,
    taskId: attemptId,
    role: Role.ROLE_AGENT,
    parts: [textPart(text)],
    metadata: undefined,
    extensions: [TASK_EXTENSION_URI],
    referenceTaskIds: [],
  };
}

/** An event as an A2A status update; the event itself travels in the extension's metadata. */
export function encodeWorkerEvent(attemptId: string, event: WorkerEvent): StreamResponse {
  const text = textOf(event);
  return {
    payload: {
      $case: 'statusUpdate',
      value: {
        taskId: attemptId,
        contextId: attemptId,
        status: {
          state: toA2aState(event.state ?? 'working'),
          message: text === undefined ? undefined : agentMessage(attemptId, event, text),
          timestamp: event.at,
        },
        metadata: { [TASK_EXTENSION_URI]: event },
      },
    },
  };
}

/** Undefined for anything that does not carry the extension: a snapshot, or an agent without it. */
export function decodeWorkerEvent(response: StreamResponse): WorkerEvent | undefined {
  if (response.payload?.$case !== 'statusUpdate') return undefined;
  const raw: unknown = response.payload.value.metadata?.[TASK_EXTENSION_URI];
  return raw === undefined ? undefined : workerEventSchema.parse(raw);
}

/** The snapshot that A2A wants as the first answer of a stream. */
export function taskSnapshot(attemptId: string, state: WorkerEvent['state'], lastSeq: number): Task {
  return {
    id: attemptId,
    contextId: attemptId,
    status: {
      state: toA2aState(state ?? 'submitted'),
      message: undefined,
      timestamp: undefined,
    },
    artifacts: [],
    history: [],
    metadata: { [TASK_EXTENSION_URI]: { lastSeq } },
  };
}
