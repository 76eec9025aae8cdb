import type { SendMessageRequest, StreamResponse } from '@a2a-js/sdk';
import {
  decodeWorkerEvent,
  type Failure,
  isTerminal,
  LIST_TASK_EVENTS,
  type ListTaskEventsResult,
  listTaskEventsResultSchema,
  type WorkerEvent,
} from '@coorchat/a2a';
import { backoffDelayMs, type BackoffPolicy, isAppError, messageOf } from '@coorchat/kernel';
import type { ApplyOutcome, AttemptUpdate } from '../task/index.js';
import { foldEvents, type Speaker } from './fold.rules.js';
import type { UpdateBatcher, UpdateSource } from './update-batcher.js';
import type { WorkerTransport } from './worker-transport.port.js';
import { setTimeout as pause } from 'node:timers/promises';

export interface FollowedAttempt {
  readonly attemptId: string;
  readonly orgId: string;
  readonly fence: number;
}

export interface FollowerOptions {
  readonly attempt: FollowedAttempt;
  readonly transport: WorkerTransport;
  readonly batcher: UpdateBatcher;
  /** Checks what a result brings in; may turn it into a failure. Runs before the result is stored. */
  readonly inspect: (attempt: FollowedAttempt, event: WorkerEvent) => Promise<WorkerEvent>;
  readonly onFault: (attempt: FollowedAttempt, error: unknown) => void;
  /** The assignment certainly never left: it can be sent again. */
  readonly onUndelivered: (attempt: FollowedAttempt) => void;
  /** Between two looks at a worker that tells nothing new. */
  readonly resumePause?: BackoffPolicy;
  /** The follower reads no more: the attempt ended, went elsewhere, or the line is gone. */
  readonly onDone: () => void;
}

const MAX_UNSTORED = 256;
const PAGE = 200;
const MAX_RESUMES_WITHOUT_NEWS = 5;
const RESUME_PAUSE = { baseMs: 100, maxMs: 5_000, factor: 4, jitter: 0.2 };

/**
 * Follows one attempt over one session: takes the worker's events in order, each once, reads gaps
 * from the worker's journal, and has them stored. Acknowledges only what is committed.
 */
export class Follower implements UpdateSource {
  readonly #options: FollowerOptions;
  readonly #speaker: Speaker;
  readonly #stop = new AbortController();
  #nextSeq = 1;
  #unstored: WorkerEvent[] = [];
  #underWay: WorkerEvent[] = [];
  #room: PromiseWithResolvers<void> | undefined;
  #done = false;
  #sawEnd = false;
  /** The end is ours, not the worker's: it has to hear that nobody waits for it. */
  #failedHere = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { attemptId, fence } = options.attempt;
    const { workerId, epoch } = options.transport;
    this.#speaker = { attemptId, fence, workerId, epoch };
  }

  get attemptId(): string {
    return this.#options.attempt.attemptId;
  }

  get orgId(): string {
    return this.#options.attempt.orgId;
  }

  /** Hands the attempt to the worker and follows it. Resolves when there is nothing more to follow. */
  async send(request: SendMessageRequest): Promise<void> {
    const { client } = this.#options.transport;
    await this.#follow(() => client.sendMessageStream(request, { signal: this.#stop.signal }));
  }

  /** Goes on with an attempt that the worker holds, after everything up to `appliedSeq` was stored. */
  async resume(appliedSeq: number): Promise<void> {
    this.#nextSeq = appliedSeq + 1;
    await this.#follow();
  }

  /** Ends the attempt from this side, where the worker will never do it. */
  fail(failure: Failure, state: 'failed' | 'canceled' = 'failed'): void {
    if (this.#done || this.#sawEnd) return;
    this.#failedHere = true;
    this.#enqueue({ seq: this.#nextSeq, at: new Date().toISOString(), state, failure });
  }

  stop(): void {
    if (this.#done) return;
    this.#done = true;
    this.#stop.abort(new Error('no longer followed'));
    this.#room?.resolve();
    this.#options.onDone();
  }

  take(): AttemptUpdate | undefined {
    const [first, ...rest] = this.#unstored;
    if (!first || this.#done) return undefined;
    this.#underWay = this.#unstored;
    this.#unstored = [];
    this.#room?.resolve();
    return foldEvents(this.#speaker, [first, ...rest]);
  }

  stored({ status, appliedSeq, ended }: ApplyOutcome): void {
    this.#underWay = [];
    switch (status) {
      case 'applied':
      case 'duplicate':
        if (ended && this.#failedHere) return this.#abandon();
        this.#options.transport.ack([{ taskId: this.attemptId, seq: appliedSeq }]);
        if (ended) this.stop();
        return;
      case 'gap':
        return this.#rewind(appliedSeq);
      case 'stale_fence':
      case 'unknown':
        return this.#abandon();
      case 'stale_session':
        return this.stop();
    }
  }

  /** Something in these events can not be stored: the attempt fails with that, or is left to its lease. */
  poisoned(error: unknown): void {
    this.#options.onFault(this.#options.attempt, error);
    const [first] = this.#underWay;
    this.#underWay = [];
    if (!first || first.failure?.code === 'dispatch.unstorable') return this.#abandon();
    this.#unstored = [];
    this.#nextSeq = first.seq;
    this.#sawEnd = false;
    this.fail({ class: 'worker', code: 'dispatch.unstorable', message: 'What the worker sent could not be stored.' });
  }

  /** Never rejects: nobody waits for it. */
  #follow(start?: () => AsyncGenerator<StreamResponse, void>): Promise<void> {
    return this.#untilTheEnd(start).catch((error: unknown) => this.#options.onFault(this.#options.attempt, error));
  }

  async #untilTheEnd(start: (() => AsyncGenerator<StreamResponse, void>) | undefined): Promise<void> {
    let open = start;
    for (let quiet = 0; !this.#done && !this.#sawEnd && quiet < MAX_RESUMES_WITHOUT_NEWS; quiet++) {
      if (quiet > 0) await this.#pause(quiet);
      const before = this.#nextSeq;
      try {
        await (open ? this.#consume(open()) : this.#catchUp());
      } catch (error) {
        if (open && this.#isUndelivered(error)) return;
        if (await this.#gaveUp(error)) return;
        // A fault of ours says nothing about the worker.
        if (isAppError(error) && error.kind === 'unavailable') quiet = Math.min(quiet, 1);
      }
      open = undefined;
      if (this.#nextSeq > before) quiet = 0;
    }
    if (!this.#done && !this.#sawEnd) this.#loseTrack();
  }

  async #pause(quiet: number): Promise<void> {
    const { signal } = this.#stop;
    const { resumePause = RESUME_PAUSE } = this.#options;
    await pause(backoffDelayMs(resumePause, quiet), undefined, { signal, ref: false }).catch(() => undefined);
  }

  #loseTrack(): void {
    if (!this.#options.transport.isOpen) return this.stop();
    this.fail({ class: 'worker', code: 'dispatch.lost_track', message: 'The worker told nothing new of the attempt.' });
  }

  /** Nobody waits for what the worker does here. Not followed, the attempt ends with its lease at the latest. */
  #abandon(): void {
    this.#options.transport.sendVerdicts([{ attemptId: this.attemptId, verdict: 'abandon' }]);
    this.stop();
  }

  /** Subscribes first and reads the gap then, so that nothing falls between the two. */
  async #catchUp(): Promise<void> {
    const { client } = this.#options.transport;
    const live = client.resubscribeTask({ id: this.attemptId, tenant: '' }, { signal: this.#stop.signal });
    const first = live.next();
    first.catch(() => undefined);
    const ended = await this.#readJournal();
    // Not awaited: a stream that stands still would be waited for.
    if (ended || this.#sawEnd) return void live.return().catch(() => undefined);
    const { value, done } = await first;
    if (done) return;
    await this.#receive(value);
    await this.#consume(live);
  }

  async #consume(stream: AsyncGenerator<StreamResponse, void>): Promise<void> {
    for await (const response of stream) {
      await this.#receive(response);
      if (this.#done || this.#sawEnd) return;
    }
  }

  async #receive(response: StreamResponse): Promise<void> {
    const event = decodeWorkerEvent(response);
    if (!event) return;
    if (event.seq > this.#nextSeq) await this.#readJournal();
    await this.#accept(event);
  }

  /** True when the attempt has ended and everything of it was read. */
  async #readJournal(): Promise<boolean> {
    for (;;) {
      const before = this.#nextSeq;
      const page = await this.#page();
      for (const event of page.events) await this.#accept(event);
      if (this.#done || this.#nextSeq > page.lastSeq || page.events.length === 0) return page.ended;
      if (this.#nextSeq === before) throw new Error(`The worker's journal lacks event ${before}.`);
    }
  }

  async #page(): Promise<ListTaskEventsResult> {
    const params = { taskId: this.attemptId, afterSeq: this.#nextSeq - 1, limit: PAGE };
    const { transport } = this.#options;
    return listTaskEventsResultSchema.parse(await transport.callExtension(LIST_TASK_EVENTS, params, this.#stop.signal));
  }

  async #accept(event: WorkerEvent): Promise<void> {
    if (event.seq !== this.#nextSeq || this.#sawEnd || this.#done) return;
    const inspected = await this.#options.inspect(this.#options.attempt, event);
    if (event.seq !== this.#nextSeq || this.#done) return;
    this.#enqueue(inspected);
    while (this.#unstored.length >= MAX_UNSTORED && !this.#done) {
      this.#room = Promise.withResolvers<void>();
      await this.#room.promise;
    }
  }

  #enqueue(event: WorkerEvent): void {
    if (this.#done || this.#sawEnd) return;
    this.#unstored.push(event);
    this.#nextSeq = event.seq + 1;
    this.#sawEnd = event.state !== undefined && isTerminal(event.state);
    this.#options.batcher.notify(this);
  }

  #rewind(appliedSeq: number): void {
    this.#unstored = [];
    this.#nextSeq = appliedSeq + 1;
    this.#sawEnd = false;
    this.#failedHere = false;
    void this.#follow();
  }

  /** Whether an error ends the following; after others, the journal is read again. */
  async #gaveUp(error: unknown): Promise<boolean> {
    if (this.#isOver()) return true;
    // A road that fails is no word of the worker.
    if (this.#options.transport.fateOf(error) !== 'refused') return false;
    const isUnknown = await this.#isUnknown();
    if (this.#isOver()) return true;
    if (!isUnknown) return false;
    this.#options.onFault(this.#options.attempt, error);
    this.fail({ class: 'worker', code: 'dispatch.refused', message: `The worker refused: ${messageOf(error)}` });
    return true;
  }

  #isOver(): boolean {
    if (!this.#options.transport.isOpen) this.stop();
    return this.#done || this.#sawEnd;
  }

  /** Whether the worker has no journal of the attempt. One that is slow to show it has. */
  #isUnknown(): Promise<boolean> {
    return this.#page().then(
      () => false,
      (error: unknown) => this.#options.transport.fateOf(error) === 'refused',
    );
  }

  #isUndelivered(error: unknown): boolean {
    const { transport, attempt, onUndelivered } = this.#options;
    if (this.#sawEnd || transport.fateOf(error) !== 'undelivered') return false;
    this.stop();
    onUndelivered(attempt);
    return true;
  }
}
