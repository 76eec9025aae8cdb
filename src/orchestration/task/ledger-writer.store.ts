import type { Reason } from '@coorchat/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { RepositoryBases } from '../../repository/index.js';
import { writeArtifacts } from './artifact.store.js';
import { dooms } from './attempt-end.rules.js';
import { feedOf } from './attempt-news.rules.js';
import { endAttempt } from './attempt-update.rules.js';
import { appendEvents } from './event.store.js';
import type { AttemptChange, RequestRow } from './ledger.types.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerNewsPublisher } from './ledger-news.port.js';
import { writeAttempts, writeLogs, writeTasks } from './ledger-rows.store.js';
import { pinBase, requestKeyText, tallyRequests } from './request.store.js';
import { loadSituations, unsentAttempts } from './situation.store.js';
import { cancelOpenTasks, lowerDependents } from './task-graph.store.js';
import { isTerminalWork, nextWorkStep, type WorkSituation } from './work-status.rules.js';

type Ended = AttemptChange & { readonly ending: NonNullable<AttemptChange['ending']> };

function isPlanned({ planSource, status }: RequestRow): boolean {
  return planSource === 'plan' || status === 'executing';
}

/** Writes decided changes and all that follows from them, in the transaction that holds the requests' locks. */
@Injectable()
export class LedgerWriter {
  constructor(
    @Inject(LedgerNewsPublisher) private readonly news: LedgerNewsPublisher,
    @Inject(RepositoryBases) private readonly bases: RepositoryBases,
  ) {}

  /** Changes of different attempts. */
  async write(tx: Tx, changes: readonly AttemptChange[]): Promise<void> {
    if (changes.length === 0) return;
    const draft = new LedgerDraft();
    await this.writeRows(tx, changes, draft);
    const ended = changes.filter((change): change is Ended => change.ending !== null);
    if (ended.length > 0) await this.followEnds(tx, ended, draft);
    await this.finish(tx, draft);
  }

  async finish(tx: Tx, draft: LedgerDraft): Promise<void> {
    await Promise.all([appendEvents(tx, draft.events, draft.requestChanges), this.news.publish(tx, draft)]);
  }

  /** Cancels what is open: at once what no machine has heard of, else by asking the machine. */
  async halt(tx: Tx, requests: readonly RequestRow[], reason: Reason, draft: LedgerDraft): Promise<void> {
    if (requests.length === 0) return;
    const unsent = await unsentAttempts(tx, requests);
    if (unsent.length > 0) {
      const situations = await loadSituations(tx, unsent, requests);
      const end = { status: 'canceled' as const, failure: { class: 'task' as const, ...reason } };
      const changes = [...situations.values()].map((situation) =>
        endAttempt({ ...situation, task: { ...situation.task, cancelRequested: true } }, end),
      );
      await this.writeRows(tx, changes, draft);
    }
    draft.tasks('task.canceled', await cancelOpenTasks(tx, requests, reason), { reason });
    for (const { poolId } of requests) draft.dispatchPools.add(poolId);
  }

  async fail(tx: Tx, requests: readonly RequestRow[], reason: Reason, draft: LedgerDraft): Promise<void> {
    const going = requests.filter(({ status }) => !isTerminalWork(status));
    await this.halt(tx, going, reason, draft);
    for (const request of going) draft.ends(request, 'failed', reason);
  }

  /** Moves requests on whose tasks ended: to planning, executing, delivery or their end. */
  async settle(tx: Tx, requests: readonly RequestRow[], draft: LedgerDraft): Promise<void> {
    const going = requests.filter(({ status }) => !isTerminalWork(status));
    if (going.length === 0) return;
    const tallies = new Map((await tallyRequests(tx, going)).map((tally) => [requestKeyText(tally), tally]));
    for (const request of going) {
      const { openTasks = 0, preparing = false, hasCommits = false } = tallies.get(requestKeyText(request)) ?? {};
      this.step(request, { ...request, planned: isPlanned(request), openTasks, preparing, hasCommits }, draft);
    }
  }

  private step(request: RequestRow, situation: WorkSituation, draft: LedgerDraft): void {
    const next = nextWorkStep(situation);
    if (next.step === 'none') return;
    if (next.step === 'deliver') {
      draft.work(request, 'work.delivering');
      draft.job('work.deliver', request);
    } else if (isTerminalWork(next.status)) {
      draft.ends(request, next.status);
    } else {
      draft.becomes(request, next.status);
      if (next.status !== 'planning') return;
      draft.work(request, 'work.planning');
      draft.job('work.plan', request);
    }
  }

  private async writeRows(tx: Tx, changes: readonly AttemptChange[], draft: LedgerDraft): Promise<void> {
    const now = new Date();
    const told = changes.filter(({ ending, started, events }) => ending !== null || started || events.length > 0);
    await Promise.all([
      writeAttempts(tx, changes),
      writeTasks(tx, told),
      writeLogs(tx, changes),
      writeArtifacts(tx, changes),
    ]);
    for (const change of changes) {
      draft.events.push(...change.events);
      draft.feed.push(...feedOf(change, now));
      if (change.ending === null) continue;
      draft.pools.add(change.attempt.poolId);
      if (change.ending.kind === 'retry' && change.ending.delayMs > 0)
        draft.later(change.attempt.poolId, change.ending.delayMs);
    }
  }

  private async followEnds(tx: Tx, ended: readonly Ended[], draft: LedgerDraft): Promise<void> {
    const doomed = new Map(
      ended.filter((change) => dooms(change, change.ending)).map((change) => [requestKeyText(change.request), change]),
    );
    for (const { request, ending } of doomed.values())
      if (ending.kind !== 'completed') await this.fail(tx, [request], ending.reason, draft);
    const rest = ended.filter(({ request }) => !doomed.has(requestKeyText(request)));
    const completed = rest.filter(({ ending }) => ending.kind === 'completed');
    await this.keepPrepared(tx, completed);
    draft.tasks(
      'task.ready',
      await lowerDependents(
        tx,
        completed.map(({ task }) => task),
      ),
    );
    await this.settle(tx, distinctRequests(rest.filter(({ ending }) => ending.kind !== 'retry')), draft);
  }

  private async keepPrepared(tx: Tx, completed: readonly Ended[]): Promise<void> {
    for (const { request, task, ending } of completed) {
      const prepared = ending.kind === 'completed' ? ending.result.prepared : null;
      const { orgId, workRequestId, repositoryId } = request;
      if (task.role !== 'prepare' || prepared === null || repositoryId === null) continue;
      await this.bases.save(tx, { orgId, repositoryId, prepared });
      await pinBase(tx, { orgId, workRequestId, ...prepared });
    }
  }
}

function distinctRequests(changes: readonly AttemptChange[]): RequestRow[] {
  return [...new Map(changes.map(({ request }) => [requestKeyText(request), request])).values()];
}
