import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { CLOSE, type Hello, TUNNEL_PATH, tunnelServerOptions, TunnelSession } from '@coorchat/tunnel';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { DispatchSessions, type OpenedSession } from '../../orchestration/dispatch/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { RawRoutes, refuseUpgrade } from '../../platform/http/index.js';
import { Broadcast } from '../../platform/queue/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { WorkerSessions } from '../../registry/index.js';
import { type Refusal, TunnelAccess, type WatchedLine } from './tunnel-access.service.js';
import { TunnelRoad } from './tunnel-road.js';

interface Admitted {
  readonly road: TunnelRoad;
  readonly opened: OpenedSession;
}

const SETTLE_MS = 5_000;

/** Where workers dial in. A socket is authenticated before it becomes one. */
@Injectable()
export class TunnelGateway implements OnModuleInit, BeforeApplicationShutdown {
  readonly #server = new WebSocketServer(tunnelServerOptions());
  readonly #open = new Set<TunnelSession>();
  #closing = false;

  constructor(
    private readonly routes: RawRoutes,
    private readonly access: TunnelAccess,
    private readonly workers: WorkerSessions,
    private readonly dispatch: DispatchSessions,
    private readonly broadcast: Broadcast,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.broadcast.subscribe('worker.removed', (removed) => this.dispatch.expel(removed));
    this.routes.upgrade({
      path: TUNNEL_PATH,
      authenticatedBy: 'the worker’s access token and its proof, checked before the upgrade',
      handler: (request, socket, head) => void this.#upgrade(request, socket, head),
    });
  }

  /** Workers keep what they run and dial another process. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closing = true;
    // What does not get stored in time is not acknowledged, and told again to the next process.
    await Promise.race([this.dispatch.settled(), pause(SETTLE_MS)]);
    const sessions = [...this.#open];
    for (const session of sessions) session.close(CLOSE.goingAway, 'The control plane shuts down.');
    await Promise.all(sessions.map(({ closed }) => closed));
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      if (this.#closing) return refuseUpgrade(socket, '503 Service Unavailable');
      const admitted = await this.access.admit(request);
      if ('refusal' in admitted) return refuse(socket, admitted);
      this.#server.handleUpgrade(request, socket, head, (upgraded) => void this.#accept(upgraded, admitted));
    } catch (error) {
      this.logger.error('a worker could not be admitted', { error });
      refuseUpgrade(socket, '503 Service Unavailable');
    }
  }

  async #accept(socket: Parameters<typeof TunnelSession.accept>[0], worker: WatchedLine): Promise<void> {
    let admitted: Admitted | undefined;
    try {
      const session = await TunnelSession.accept(socket, {
        limits: { heartbeatIntervalMs: this.config.heartbeatIntervalMs },
        onHello: async (hello, opening) => {
          admitted = await this.#admit(worker, hello, opening);
          // Whose work it is, is nothing that a machine needs to know.
          const verdicts = admitted.opened.verdicts.map(({ attemptId, verdict }) => ({ attemptId, verdict }));
          return { epoch: admitted.road.epoch, verdicts };
        },
        onHeartbeat: (load) => void this.#heartbeat(admitted?.road, load),
        onDraining: () => admitted && this.dispatch.leaving(admitted.road),
        onCard: (card) => void this.#described(admitted?.road, card),
        onAuthorization: (shown) => void this.access.authorized(worker, shown),
      });
      this.#open.add(session);
      if (this.#closing) session.close(CLOSE.goingAway, 'The control plane shuts down.');
      admitted?.opened.start();
      const { code, reason } = await this.access.watch(worker, session);
      this.#open.delete(session);
      this.logger.info('a worker left', { workerId: worker.workerId, code, reason });
    } catch (error) {
      this.logger.warn('a worker was refused', { workerId: worker.workerId, error });
    } finally {
      if (admitted) await this.#left(admitted.road);
    }
  }

  async #admit(worker: WatchedLine, hello: Hello, session: TunnelSession): Promise<Admitted> {
    const { orgId, workerId } = worker;
    const { epoch } = await this.workers.open({
      orgId,
      workerId,
      card: hello.card,
      features: hello.features,
      road: 'tunnel',
      lastEpoch: hello.lastEpoch,
    });
    const road = new TunnelRoad(session, { workerId, orgId, epoch, card: hello.card });
    const opened = await this.dispatch.opened(road, hello.held);
    this.logger.info('a worker dialled in', { workerId, epoch, held: hello.held.length });
    return { road, opened };
  }

  async #heartbeat(road: TunnelRoad | undefined, load: unknown): Promise<void> {
    if (!road) return;
    const { orgId, workerId, epoch } = road;
    try {
      if ((await this.workers.heartbeat({ orgId, workerId, epoch, load })) === 'stale_epoch') {
        road.close('The worker opened a newer session.');
      }
    } catch (error) {
      this.logger.warn('a heartbeat was not stored', { workerId, error });
    }
  }

  async #described(road: TunnelRoad | undefined, card: unknown): Promise<void> {
    if (!road) return;
    const { orgId, workerId, epoch } = road;
    try {
      await this.workers.describe({ orgId, workerId, epoch, card });
    } catch (error) {
      this.logger.warn('a card was not stored', { workerId, error });
    }
  }

  async #left(road: TunnelRoad): Promise<void> {
    this.dispatch.closed(road);
    const { orgId, workerId, epoch } = road;
    await this.workers
      .close({ orgId, workerId, epoch })
      .catch((error: unknown) => this.logger.warn('a closed session was not stored', { workerId, error }));
  }
}

function refuse(socket: Duplex, { refusal, headers }: Refusal): void {
  refuseUpgrade(socket, refusal, headers);
}
