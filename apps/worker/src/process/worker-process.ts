import type { KeyKeeping } from '@coorchat/contracts';
import { AppError, systemClock } from '@coorchat/kernel';
import { TunnelUnauthorized, TunnelVersionRefused, type TunnelWorker } from '@coorchat/tunnel';
import { PolledSession } from '../a2a/polled-session.js';
import { enrol, revoked } from '../enrolment/enrolment.js';
import { keptKey } from '../enrolment/kept-key.js';
import { adoptRegistration } from '../enrolment/registered-key.js';
import type { WorkerKey } from '../enrolment/worker-key.js';
import { WorkerTokens } from '../enrolment/worker-tokens.js';
import type { Listener } from '../road/listener.road.js';
import { ListenerRegistration } from '../road/listener-registration.js';
import { listenerToken } from '../road/listener-token.js';
import { tunnelRoad } from '../road/tunnel.road.js';
import { DataDirLock } from './data-dir-lock.js';
import { type AssemblyOptions, assembleWorker, hasTunnel, type WorkerAssembly } from './worker-assembly.js';
import { Throttle, workerLoad } from './worker-load.js';

export interface WorkerOptions extends AssemblyOptions {
  /** Asked when the machine is not enrolled yet. */
  readonly token: (keyStore: KeyKeeping) => Promise<string | undefined>;
  /** Of the key that an administrator registered for this machine. */
  readonly clientId?: string | undefined;
}

interface Identity {
  readonly workerId: string;
  readonly tokens: WorkerTokens;
  readonly keyStore: KeyKeeping;
}

const SUSPEND_GRACE_MS = 15_000;
const HEARTBEAT_EVERY_MS = 1000;
/** Streams do not end by themselves: what runs is suspended, and the journal has the rest. */
const TUNNEL_GRACE_MS = 200;

/** A worker on this machine, from its lock file to its line to the control plane. */
export class WorkerProcess {
  #tunnel: TunnelWorker | undefined;
  #listener: Listener | undefined;
  #registration: ListenerRegistration | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    private readonly options: WorkerOptions,
    private readonly lock: DataDirLock,
    private readonly identity: Identity,
    private readonly worker: WorkerAssembly,
    private readonly beat: Throttle,
  ) {}

  /** Everything but the line. @throws AppError that says what a person has to do */
  static async open(options: WorkerOptions): Promise<WorkerProcess> {
    const lock = await DataDirLock.acquire(options.settings.dataDir);
    try {
      const identity = await identify(options);
      let tunnel: () => TunnelWorker | undefined = () => undefined;
      const beat = new Throttle(HEARTBEAT_EVERY_MS, () => tunnel()?.sendHeartbeat());
      const worker = await assembleWorker(options, { ...identity, onLoad: () => beat.poke() });
      const process = new WorkerProcess(options, lock, identity, worker, beat);
      tunnel = () => process.#tunnel;
      return process;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Serves until stopped. @throws AppError when the control plane refuses this worker for good */
  async run(): Promise<void> {
    const { settings } = this.options;
    const roads: Promise<void>[] = [];
    if (settings.listen) roads.push(this.#listen(settings.listen));
    if (hasTunnel(settings)) roads.push(this.#dial());
    try {
      await Promise.all(roads);
    } catch (error) {
      throw this.#explain(error);
    } finally {
      await this.stop();
    }
  }

  /** Takes no more work, interrupts what runs (it goes on at the next start), closes. Harmless when repeated. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { desk, journal, parts } = this.worker;
    const running = desk.running;
    if (running > 0) this.options.logger.info(`stops: ${running} running tasks will go on at the next start`);
    this.beat.stop();
    const patience = new AbortController();
    await Promise.race([desk.suspend(), systemClock.sleep(SUSPEND_GRACE_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    this.#registration?.stop();
    await this.#tunnel?.stop({ graceMs: TUNNEL_GRACE_MS });
    await this.#listener?.close();
    await parts.close();
    await journal.close();
    await this.lock.release();
  }

  #dial(): Promise<void> {
    const { settings, logger } = this.options;
    const { desk, card, rpc } = this.worker;
    const { dataDir, maxConcurrent: slots } = settings;
    this.#tunnel = tunnelRoad({
      url: settings.url,
      tokens: this.identity.tokens,
      rpc: rpc({}),
      desk,
      card,
      load: () => workerLoad(desk, { slots, dataDir }),
      logger,
    });
    return this.#tunnel.run();
  }

  async #listen(listen: NonNullable<WorkerOptions['settings']['listen']>): Promise<void> {
    const { settings, logger, redactor } = this.options;
    const { card, desk, rpc } = this.worker;
    const { dataDir, maxConcurrent: slots } = settings;
    // Loaded here, because most workers dial a tunnel and need no HTTP server in their memory.
    const { openListener } = await import('../road/listener.road.js');
    const token = await listenerToken(dataDir);
    redactor.add(token);
    const session = new PolledSession({
      desk,
      load: () => workerLoad(desk, { slots, dataDir }),
      onRemoved: () => this.#registration?.again(),
    });
    const listener = await openListener({ listen, token, rpc: rpc({ session }), card: () => card.current });
    this.#listener = listener;
    card.listenerUrl = listener.url;
    logger.info('listens', { url: listener.url });
    const { tokens } = this.identity;
    this.#registration = new ListenerRegistration(async () => {
      const endpoint = { url: listener.url, token, card: await card.fresh() };
      return { tokens, dataDir, endpoint };
    }, logger);
    await this.#registration.run();
  }

  #explain(error: unknown): unknown {
    if (error instanceof TunnelUnauthorized) return revoked(this.options.settings.dataDir);
    if (!(error instanceof TunnelVersionRefused)) return error;
    const message = `${error.message} Install the worker's version that belongs to the control plane.`;
    return new AppError({ code: 'worker.version_refused', kind: 'precondition', message, cause: error });
  }
}

async function identify(options: WorkerOptions): Promise<Identity> {
  const { settings, logger } = options;
  const { url, dataDir } = settings;
  const { key, store, note } = await keptKey(settings);
  if (note) logger.info(note);
  logger.info('the private key of this worker lies here', { kept: store.place });
  const { workerId, clientId } = await registrationOf(options, key, store.kind);
  return {
    workerId,
    keyStore: store.kind,
    tokens: new WorkerTokens({ url, clientId, key, revoked: () => revoked(dataDir) }),
  };
}

async function registrationOf(
  { settings, token, clientId, logger }: WorkerOptions,
  key: WorkerKey,
  keyStore: KeyKeeping,
) {
  if (clientId !== undefined) return adoptRegistration({ ...settings, key, clientId });
  const { registration, fresh, file } = await enrol({ ...settings, key, token: () => token(keyStore) });
  const { workerId, name } = registration;
  if (fresh) logger.info(`enrolled as "${name}"; no token is needed again`, { workerId, kept: file });
  return registration;
}
