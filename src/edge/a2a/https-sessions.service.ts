import { setTimeout as pause } from 'node:timers/promises';
import { AgentCard } from '@a2a-js/sdk';
import { LIST_HELD_ATTEMPTS, type ListHeldResult, listHeldResultSchema, TASK_EXTENSION_URI } from '@coorchat/a2a';
import { Injectable } from '@nestjs/common';
import { DispatchSessions } from '../../orchestration/dispatch/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { outboundPolicy, PublicUrl } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { type WorkerEndpoint, WorkerSessions } from '../../registry/index.js';
import { HttpsLine } from './https-line.js';
import { HttpsRoad } from './https-road.js';

const MAX_TIMEOUT_MS = 15_000;
const MIN_TIMEOUT_MS = 2_000;

interface Found {
  readonly card: unknown;
  readonly agent: AgentCard;
  readonly hello: ListHeldResult;
}

async function probe(line: HttpsLine): Promise<Found> {
  const card = await line.card();
  const agent = AgentCard.fromJSON(card);
  const speaksTasks = agent.capabilities?.extensions.some(({ uri }) => uri === TASK_EXTENSION_URI);
  if (!speaksTasks) throw new Error(`The card does not offer ${TASK_EXTENSION_URI}.`);
  const hello = listHeldResultSchema.parse(await line.call(LIST_HELD_ATTEMPTS, {}));
  return { card, agent, hello };
}

/** One session with a worker that listens, from the first look at its card until it can not be reached any more. */
@Injectable()
export class HttpsSessions {
  constructor(
    private readonly workers: WorkerSessions,
    private readonly dispatch: DispatchSessions,
    private readonly publicUrl: PublicUrl,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  /** @throws when the address may not be called */
  line({ url, token }: WorkerEndpoint): HttpsLine {
    const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, this.config.heartbeatIntervalMs));
    const policy = outboundPolicy(this.config.outboundAllow, this.publicUrl.value);
    return new HttpsLine({ url, token, policy, timeoutMs });
  }

  /** Returns why it ended. @throws when it never began */
  async serve(line: HttpsLine, endpoint: WorkerEndpoint): Promise<string> {
    const { card, agent, hello } = await probe(line);
    const { orgId, workerId, url } = endpoint;
    const features = [TASK_EXTENSION_URI];
    const { epoch } = await this.workers.open({ orgId, workerId, card, features, road: 'https' });
    const road = await HttpsRoad.over(line, { workerId, orgId, epoch, url, card: agent });
    try {
      await this.#begin(road, hello);
      void this.#beat(road, hello.bootId);
      return await line.lost;
    } finally {
      await this.#left(road);
    }
  }

  async #begin(road: HttpsRoad, { held }: ListHeldResult): Promise<void> {
    const opened = await this.dispatch.opened(road, held);
    await road.begin(opened.verdicts);
    this.logger.info('a worker answers', { workerId: road.workerId, epoch: road.epoch, held: held.length });
    opened.start();
  }

  async #beat(road: HttpsRoad, bootId: string): Promise<void> {
    try {
      for (; road.isOpen; await pause(this.config.heartbeatIntervalMs, undefined, { ref: false })) {
        const status = await road.status();
        if (status.bootId !== bootId) road.close('The worker started anew.');
        else await this.#heartbeat(road, status.load);
      }
    } catch (error) {
      this.logger.info('a worker does not say how it is', { workerId: road.workerId, error });
      road.close('The worker does not say how it is.');
    }
  }

  async #heartbeat(road: HttpsRoad, load: unknown): Promise<void> {
    const { orgId, workerId, epoch } = road;
    try {
      const outcome = await this.workers.heartbeat({ orgId, workerId, epoch, load });
      if (outcome === 'stale_epoch') road.close('A newer session of the worker is open.');
    } catch (error) {
      this.logger.warn('a heartbeat was not stored', { workerId, error });
    }
  }

  async #left(road: HttpsRoad): Promise<void> {
    road.close('The session is over.');
    this.dispatch.closed(road);
    const { orgId, workerId, epoch } = road;
    await this.workers
      .close({ orgId, workerId, epoch })
      .catch((error: unknown) => this.logger.warn('a closed session was not stored', { workerId, error }));
  }
}
