import type {
  AgentCard,
  CancelTaskRequest,
  GetExtendedAgentCardRequest,
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
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { fromA2aState } from '@coorchat/a2a';
import type { ArtifactView, WorkEvent, WorkStatus, WorkView } from '@coorchat/contracts';
import { isAppError, type TenantContext } from '@coorchat/kernel';
import type { WorkArtifacts, WorkFilter, WorkService } from '../../orchestration/task/index.js';
import { toA2aError } from './a2a-errors.js';
import type { ClusterCards } from './cluster-cards.service.js';
import { submissionOf } from './submission.rules.js';
import { callerLeft, callerOf, tellIfDenied, tenantWith } from './tenant-user.js';
import { artifactsOf, progressStatus, statusOf, taskOf, type WorkScene } from './work-task.view.js';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
const ENDED: ReadonlySet<WorkStatus> = new Set(['completed', 'failed', 'canceled']);
const END_EVENTS: ReadonlySet<WorkEvent['type']> = new Set(['work.completed', 'work.failed', 'work.canceled']);

export interface WorkRequestHandlerOptions {
  readonly work: WorkService;
  readonly artifacts: WorkArtifacts;
  readonly cards: Pick<ClusterCards, 'base' | 'extended'>;
  readonly baseUrl: () => string;
}

async function translated<T>(context: ServerCallContext, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    tellIfDenied(context, error);
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
    return Promise.resolve(this.options.cards.base());
  }

  getAuthenticatedExtendedAgentCard(
    _params: GetExtendedAgentCardRequest,
    context: ServerCallContext,
  ): Promise<AgentCard> {
    return translated(context, () => this.options.cards.extended(callerOf(context)));
  }

  sendMessage(params: SendMessageRequest, context: ServerCallContext): Promise<Task> {
    return translated(context, async () => {
      const { ctx, work } = await this.#submit(params, context);
      if (params.configuration?.returnImmediately) return this.#task(ctx, work);
      for await (const event of this.options.work.follow(ctx, work.id, 0, callerLeft(context))) {
        if (END_EVENTS.has(event.type)) break;
      }
      return this.#task(ctx, await this.options.work.get(ctx, work.id));
    });
  }

  async *sendMessageStream(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void> {
    const { ctx, work } = await translated(context, () => this.#submit(params, context));
    yield* this.#stream(ctx, work, { afterSeq: 0, left: callerLeft(context) });
  }

  getTask(params: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    return translated(context, async () => {
      assertHistoryLength(params.historyLength);
      const ctx = tenantWith(context, 'work:read');
      return this.#task(ctx, await this.options.work.get(ctx, params.id));
    });
  }

  listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    return translated(context, async () => {
      const ctx = tenantWith(context, 'work:read');
      assertHistoryLength(params.historyLength);
      const pageSize = pageSizeOf(params);
      const { items, nextCursor, total } = await this.#page(ctx, params, pageSize);
      const left = params.includeArtifacts ? await this.#left(ctx, items) : new Map<string, ArtifactView[]>();
      const tasks = items
        .map((work) => taskOf({ work, left: left.get(work.id) ?? [], baseUrl: this.options.baseUrl() }))
        .map((task) => (params.includeArtifacts ? task : { ...task, artifacts: [] }));
      return { tasks, nextPageToken: nextCursor ?? '', pageSize, totalSize: total };
    });
  }

  cancelTask(params: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    return translated(context, async () => {
      const ctx = tenantWith(context, 'work:cancel');
      const work = await this.options.work.cancel(ctx, params.id);
      if (work.status === 'completed' || work.status === 'failed') {
        throw new TaskNotCancelableError(`The task is ${work.status} already.`);
      }
      return this.#task(ctx, work);
    });
  }

  async *resubscribe(params: SubscribeToTaskRequest, context: ServerCallContext): AsyncGenerator<StreamResponse, void> {
    const ctx = await translated(context, () => Promise.resolve(tenantWith(context, 'work:read')));
    const work = await translated(context, () => this.options.work.get(ctx, params.id));
    if (ENDED.has(work.status)) throw new UnsupportedOperationError('The task has ended; get it instead.');
    yield* this.#stream(ctx, work, { afterSeq: work.lastEventSeq, left: callerLeft(context) });
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

  async #page(ctx: TenantContext, params: ListTasksRequest, limit: number) {
    const filter = { status: statusFilter(params), changedSince: instantOf(params.statusTimestampAfter) };
    if (params.contextId !== '') return this.#context(ctx, params.contextId, filter);
    const cursor = params.pageToken === '' ? undefined : params.pageToken;
    const page = await this.options.work.list(ctx, { limit, cursor, ...filter });
    return { ...page, total: await this.options.work.count(ctx, filter) };
  }

  /** A context is one work request: its page has at most one. */
  async #context(ctx: TenantContext, id: string, { status, changedSince }: WorkFilter) {
    const none = { items: [], nextCursor: null, total: 0 };
    try {
      const work = await this.options.work.get(ctx, id);
      const isMeant =
        (status === undefined || work.status === status) &&
        (changedSince === undefined || new Date(work.completedAt ?? work.createdAt) >= changedSince);
      return isMeant ? { items: [work], nextCursor: null, total: 1 } : none;
    } catch (error) {
      if (isAppError(error) && error.kind === 'not_found') return none;
      throw error;
    }
  }

  /** What their tasks left, by the id of the request. */
  #left(ctx: TenantContext, works: readonly WorkView[]): Promise<Map<string, ArtifactView[]>> {
    const started = works.filter(({ taskCounts }) => (taskCounts['completed'] ?? 0) > 0);
    return this.options.artifacts.first(
      ctx,
      started.map(({ id }) => id),
    );
  }

  async #scene(ctx: TenantContext, work: WorkView): Promise<WorkScene> {
    const left = (await this.#left(ctx, [work])).get(work.id) ?? [];
    return { work, left, baseUrl: this.options.baseUrl() };
  }

  async #task(ctx: TenantContext, work: WorkView): Promise<Task> {
    return taskOf(await this.#scene(ctx, work));
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
  async *#stream(
    ctx: TenantContext,
    work: WorkView,
    { afterSeq, left }: { readonly afterSeq: number; readonly left: AbortSignal },
  ): AsyncGenerator<StreamResponse, void> {
    try {
      yield { payload: { $case: 'task', value: await this.#task(ctx, work) } };
      for await (const event of this.options.work.follow(ctx, work.id, afterSeq, left)) {
        if (END_EVENTS.has(event.type)) break;
        yield statusUpdate(work.id, progressStatus(work.id, event));
      }
      if (!left.aborted) yield* this.#ending(await this.#scene(ctx, await this.options.work.get(ctx, work.id)));
    } catch (error) {
      throw toA2aError(error);
    }
  }

  *#ending(scene: WorkScene): Generator<StreamResponse, void> {
    const { work } = scene;
    for (const artifact of artifactsOf(scene)) {
      const ids = { taskId: work.id, contextId: work.id };
      const value = { ...ids, artifact, append: false, lastChunk: true, metadata: undefined };
      yield { payload: { $case: 'artifactUpdate', value } };
    }
    if (ENDED.has(work.status)) yield statusUpdate(work.id, statusOf(work));
  }
}

function instantOf(timestamp: string | undefined): Date | undefined {
  if (timestamp === undefined || timestamp === '') return undefined;
  const instant = new Date(timestamp);
  if (Number.isNaN(instant.getTime())) throw new RequestMalformedError('statusTimestampAfter is no timestamp.');
  return instant;
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
