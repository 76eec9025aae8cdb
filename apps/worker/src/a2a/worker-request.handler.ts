import type {
  AgentCard,
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  TaskNotCancelableError,
  TaskNotFoundError,
} from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { encodeWorkerEvent, TASK_EXTENSION_URI, taskSnapshot, toA2aState } from '@coorchat/a2a';
import type { AttemptDesk } from '../attempt/attempt-desk.js';
import type { GrantDesk } from '../attempt/grant-desk.js';
import type { AttemptLog } from '../journal/attempt-log.js';
import { followAttempt } from '../journal/follow.js';
import type { Journal } from '../journal/journal.js';
import { readAssignment } from './assignment-message.js';
import { signalOf } from './call-signal.js';

export interface RequestHandlerOptions {
  readonly journal: Journal;
  readonly desk: AttemptDesk;
  readonly grants: GrantDesk;
  readonly card: () => AgentCard;
  /** On a road without a hello, a subscription to a held attempt is the verdict "continue". */
  readonly resumesOnSubscribe: boolean;
}

const MAX_PAGE = 100;

/**
 * A2A 1.0 on the journal. The same message id is the same attempt: its stream starts again from the
 * first event that is not acknowledged, and nothing runs twice. A subscription after the end gives the
 * final snapshot and ends, so that a reader who is late still learns how it ended.
 */
export class WorkerRequestHandler implements A2ARequestHandler {
  constructor(private readonly options: RequestHandlerOptions) {}

  async getAgentCard(): Promise<AgentCard> {
    return this.options.card();
  }

  async getAuthenticatedExtendedAgentCard(): Promise<AgentCard> {
    throw new ExtendedAgentCardNotConfiguredError();
  }

  async sendMessage(request: SendMessageRequest, context: ServerCallContext): Promise<Task> {
    const taken = await this.#take(request);
    if (!('log' in taken)) return taken.task;
    if (!request.configuration?.returnImmediately) await this.#end(taken.log, signalOf(context));
    return snapshot(taken.log);
  }

  async *sendMessageStream(
    request: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const taken = await this.#take(request);
    if (!('log' in taken)) yield taskResponse(taken.task);
    else yield* this.#stream(taken.log, { afterSeq: 0, signal: signalOf(context) });
  }

  async *resubscribe(
    request: SubscribeToTaskRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const log = this.options.journal.find(request.id);
    if (!log) return yield taskResponse(this.#gone(request.id));
    if (this.options.resumesOnSubscribe) this.options.desk.resume(log.id);
    yield* this.#stream(log, { afterSeq: log.durableSeq, signal: signalOf(context) });
  }

  async getTask({ id }: GetTaskRequest): Promise<Task> {
    const log = this.options.journal.find(id);
    return log ? snapshot(log) : this.#gone(id);
  }

  async listTasks(request: ListTasksRequest): Promise<ListTasksResponse> {
    const after = request.pageToken;
    const pageSize = Math.min(request.pageSize || MAX_PAGE, MAX_PAGE);
    const all = this.options.journal.attempts().filter((log) => matches(log, request));
    const rest = all
      .map(snapshot)
      .sort(byId)
      .filter(({ id }) => id > after);
    const tasks = rest.slice(0, pageSize);
    const nextPageToken = rest.length > pageSize ? (tasks.at(-1)?.id ?? '') : '';
    return { tasks, nextPageToken, pageSize, totalSize: all.length };
  }

  async cancelTask({ id }: CancelTaskRequest): Promise<Task> {
    const outcome = this.options.desk.cancel(id);
    if (outcome === 'already_over') throw new TaskNotCancelableError(`Task ${id} is over.`);
    return this.getTask({ id, tenant: '' });
  }

  createTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    throw new PushNotificationNotSupportedError();
  }
  getTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    throw new PushNotificationNotSupportedError();
  }
  listTaskPushNotificationConfigs(): Promise<never> {
    throw new PushNotificationNotSupportedError();
  }
  deleteTaskPushNotificationConfig(): Promise<void> {
    throw new PushNotificationNotSupportedError();
  }

  async #take(request: SendMessageRequest): Promise<{ log: AttemptLog } | { task: Task }> {
    const { desk, journal } = this.options;
    const received = readAssignment(request);
    const { attemptId } = 'sent' in received ? received.sent : received.refused;
    if (journal.tombstone(attemptId)) return { task: this.#gone(attemptId) };
    const opened = 'sent' in received ? await this.options.grants.open(received.sent) : received;
    if ('assignment' in opened) return { log: await desk.accept(opened.assignment) };
    return { log: await desk.refuse(opened.refused, opened.failure) };
  }

  async *#stream(
    log: AttemptLog,
    options: { readonly afterSeq: number; readonly signal: AbortSignal },
  ): AsyncGenerator<StreamResponse, void, undefined> {
    yield taskResponse(snapshot(log));
    for await (const event of followAttempt(this.options.journal, log, options)) {
      yield encodeWorkerEvent(log.id, event);
    }
  }

  async #end(log: AttemptLog, signal: AbortSignal): Promise<void> {
    for await (const event of followAttempt(this.options.journal, log, { afterSeq: log.ackedSeq, signal })) void event;
  }

  /** What is still known of an attempt that left the journal. */
  #gone(id: string): Task {
    const tombstone = this.options.journal.tombstone(id);
    if (!tombstone) throw new TaskNotFoundError(`This worker does not know task ${id}.`);
    return taskSnapshot(id, tombstone.status ?? 'canceled', tombstone.lastSeq);
  }
}

function snapshot(log: AttemptLog): Task {
  const task = taskSnapshot(log.id, log.status, log.durableSeq);
  return { ...task, metadata: { [TASK_EXTENSION_URI]: { lastSeq: log.durableSeq, fence: log.fence } } };
}

function taskResponse(value: Task): StreamResponse {
  return { payload: { $case: 'task', value } };
}

function byId(a: Task, b: Task): number {
  return a.id < b.id ? -1 : 1;
}

function matches(log: AttemptLog, { contextId, status }: ListTasksRequest): boolean {
  return (!contextId || contextId === log.id) && (!status || status === toA2aState(log.status));
}
