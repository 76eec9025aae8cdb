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
} from '@a2a-js/sdk';
import { TaskState } from '@a2a-js/sdk';
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { fromA2aState } from '@coorchat/a2a';
import type { WorkEvent, WorkStatus, WorkView } from '@coorchat/contracts';
import { isAppError, type TenantContext } from '@coorchat/kernel';
import type { WorkService } from '../../orchestration/task/index.js';
import { toA2aError } from './a2a-errors.js';
import { submissionOf } from './submission.rules.js';
import { tenantWith } from './tenant-user.js';
import { progressStatus, resultArtifact, statusOf, taskOf } from './work-task.view.js';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
const ENDED: ReadonlySet<WorkStatus> = new Set(['completed', 'failed', 'canceled']);
const END_EVENTS: ReadonlySet<WorkEvent['type']> = new Set(['work.completed', 'work.failed', 'work.canceled']);

export interface WorkRequestHandlerOptions {
  readonly work: WorkService;
  readonly card: () => AgentCard;
  readonly baseUrl: () => string;
}

async function translated<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    throw toA2aError(error);
  }
}

function unsupportedPush(): Promise<never> {
  return Promise.reject(new PushNotificationNotSupportedError('Subscribe to the task instead.'));
}

/** The cluster as an A2A agent: a task is a work request, its events are the committed history. */
export class WorkRequestHandler implements A2ARequestHandler {
  constructor(private readonly options: WorkRequestHandlerOptions) {}

  getAgentCard(): Promise<AgentCard> {
    return Promise.resolve(this.options.card());
  }

  getAuthenticatedExtendedAgentCard(): Promise<never> {
    return Promise.reject(new ExtendedAgentCardNotConfiguredError('There is no extended card.'));
  }

  sendMessage(params: SendMessageRequest, context: ServerCallContext): Promise<Task> {
    return translated(async () => {
      const { ctx, work } = await this.#submit(params, context);
      if (params.configuration?.returnImmediately) return this.#task(work);
      for await (const event of this.options.work.follow(ctx, work.id, 0, new AbortController().signal)) {
        if (END_EVENTS.has(event.type)) break;
      }
      return this.#task(await this.options.work.get(ctx, work.id));
    });
  }

  async *sendMessageStream(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void> {
    const { ctx, work } = await translated(() => this.#submit(params, context));
    yield* this.#stream(ctx, work, 0);
  }

  getTask(params: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    return translated(async () => {
      assertHistoryLength(params.historyLength);
      return this.#task(await this.options.work.get(tenantWith(context, 'work:read'), params.id));
    });
  }

  listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    return translated(async () => {
      const ctx = tenantWith(context, 'work:read');
      const pageSize = pageSizeOf(params);
      const cursor = params.pageToken === '' ? undefined : params.pageToken;
      const status = statusFilter(params);
      const page =
        params.contextId === ''
          ? await this.options.work.list(ctx, { limit: pageSize, cursor, status })
          : await this.#context(ctx, params.contextId, status);
      const tasks = page.items
        .map((work) => this.#task(work))
        .map((task) => (params.includeArtifacts ? task : { ...task, artifacts: [] }));
      return { tasks, nextPageToken: page.nextCursor ?? '', pageSize, totalSize: tasks.length };
    });
  }

  cancelTask(params: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    return translated(async () =>
      this.#task(await this.options.work.cancel(tenantWith(context, 'work:cancel'), params.id)),
    );
  }

  async *resubscribe(params: SubscribeToTaskRequest, context: ServerCallContext): AsyncGenerator<StreamResponse, void> {
    const ctx = await translated(() => Promise.resolve(tenantWith(context, 'work:read')));
    const work = await translated(() => this.options.work.get(ctx, params.id));
    if (ENDED.has(work.status)) throw new UnsupportedOperationError('The task has ended; get it instead.');
    yield* this.#stream(ctx, work, work.lastEventSeq);
  }

  createTaskPushNotificationConfig(): Promise<never> {
    return unsupportedPush();
  }
  getTaskPushNotificationConfig(): Promise<never> {
    return unsupportedPush();
  }
  listTaskPushNotificationConfigs(): Promise<never> {
    return unsupportedPush();
  }
  deleteTaskPushNotificationConfig(): Promise<never> {
    return unsupportedPush();
  }

  /** A context is one work request: its page has at most one. */
  async #context(ctx: TenantContext, id: string, status: WorkStatus | undefined) {
    try {
      const work = await this.options.work.get(ctx, id);
      return { items: status === undefined || work.status === status ? [work] : [], nextCursor: null };
    } catch (error) {
      if (isAppError(error) && error.kind === 'not_found') return { items: [], nextCursor: null };
      throw error;
    }
  }

  #task(work: WorkView): Task {
    return taskOf(work, this.options.baseUrl());
  }

  async #submit(params: SendMessageRequest, context: ServerCallContext) {
    const ctx = tenantWith(context, 'work:submit');
    assertHistoryLength(params.configuration?.historyLength);
    if (params.configuration?.taskPushNotificationConfig) await unsupportedPush();
    const submission = submissionOf(params.message);
    const idempotencyKey = params.message?.messageId ? `a2a:${params.message.messageId}` : undefined;
    const { view } = await this.options.work.submit(ctx, submission, { idempotencyKey });
    return { ctx, work: view };
  }

  /** The task as it is, then each committed event, and at the end the result and the final status. */
  async *#stream(ctx: TenantContext, work: WorkView, afterSeq: number): AsyncGenerator<StreamResponse, void> {
    yield { payload: { $case: 'task', value: this.#task(work) } };
    const left = new AbortController();
    try {
      for await (const event of this.options.work.follow(ctx, work.id, afterSeq, left.signal)) {
        if (END_EVENTS.has(event.type)) break;
        yield statusUpdate(work.id, progressStatus(work.id, event));
      }
      yield* this.#ending(await this.options.work.get(ctx, work.id));
    } catch (error) {
      throw toA2aError(error);
    } finally {
      left.abort();
    }
  }

  *#ending(work: WorkView): Generator<StreamResponse, void> {
    for (const artifact of resultArtifact(work, this.options.baseUrl())) {
      const ids = { taskId: work.id, contextId: work.id };
      const value = { ...ids, artifact, append: false, lastChunk: true, metadata: undefined };
      yield { payload: { $case: 'artifactUpdate', value } };
    }
    if (ENDED.has(work.status)) yield statusUpdate(work.id, statusOf(work));
  }
}

function statusUpdate(workRequestId: string, status: ReturnType<typeof statusOf>): StreamResponse {
  const value = { taskId: workRequestId, contextId: workRequestId, status, metadata: undefined };
  return { payload: { $case: 'statusUpdate', value } };
}

function assertHistoryLength(historyLength: number | undefined): void {
  if (historyLength !== undefined && historyLength < 0) {
    throw new RequestMalformedError('historyLength must not be negative.');
  }
}

function pageSizeOf({ pageSize }: ListTasksRequest): number {
  if (pageSize === undefined) return DEFAULT_PAGE;
  if (pageSize < 1 || pageSize > MAX_PAGE) throw new RequestMalformedError(`pageSize must be 1 to ${MAX_PAGE}.`);
  return pageSize;
}

/** `working` covers planning and executing: only states with one counterpart can be filtered by. */
function statusFilter({ status }: ListTasksRequest): WorkStatus | undefined {
  if (status === TaskState.TASK_STATE_UNSPECIFIED) return undefined;
  switch (fromA2aState(status)) {
    case 'submitted':
      return 'pending';
    case 'working':
      return 'executing';
    case 'completed':
      return 'completed';
    case 'failed':
      return 'failed';
    case 'canceled':
      return 'canceled';
    default:
      throw new RequestMalformedError('No work request is ever in that state.');
  }
}
