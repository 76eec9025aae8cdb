import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Relay } from 'bullmq';
import { AppConfig } from '../config/index.js';
import { outsideTransaction } from '../db/index.js';
import { Logger } from '../telemetry/index.js';
import { type Topic, type TopicMessage, TOPICS } from './job-catalogue.js';
import { QueueBackend } from './queue-backend.js';

type Listener = (message: never) => void;

interface Envelope {
  readonly from: string;
  readonly message: unknown;
}

/** BullMQ separates the parts of a topic by dots; ours all live under one. */
const ROOT = 'coorchat';

/**
 * Small messages to every process: listeners here hear them in the next turn of the event loop, those elsewhere a few
 * milliseconds later, each once. Hints only: a message may be lost, so listeners also look now and then. Injection token.
 */
@Injectable()
export class Broadcast implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly id = randomUUID();
  private readonly listeners = new Map<Topic, Set<Listener>>();
  private relay: Pick<Relay, 'waitUntilReady' | 'publish' | 'subscribe' | 'close'> | undefined;

  constructor(
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(QueueBackend) private readonly backend: QueueBackend,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** @returns how to stop listening. */
  subscribe<T extends Topic>(topic: T, listener: (message: TopicMessage<T>) => void): () => void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
    return () => set.delete(listener);
  }

  /** Never throws and never waits. Call it after the commit. */
  publish<T extends Topic>(topic: T, message: TopicMessage<T>): void {
    outsideTransaction(() => setImmediate(() => this.deliver(topic, message)));
    const envelope: Envelope = { from: this.id, message };
    this.relay?.publish(`${ROOT}.${topic}`, envelope).catch((error: unknown) => this.report(error));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  /** Connects to the other processes. The embedded PostgreSQL serves one process only: then there are none. */
  async start(): Promise<void> {
    if (this.config.embeddedDatabase && !this.config.redisUrl) return;
    const relay = this.backend.relay(this.id);
    await relay.waitUntilReady();
    await relay.subscribe<Envelope>(`${ROOT}.>`, ({ topic, data }) => this.hear(topic.slice(ROOT.length + 1), data));
    this.relay = relay;
  }

  async stop(): Promise<void> {
    const relay = this.relay;
    this.relay = undefined;
    await relay?.close();
  }

  private hear(name: string, { from, message }: Envelope): void {
    if (from === this.id || !(name in TOPICS)) return;
    const topic = name as Topic;
    const parsed = TOPICS[topic].safeParse(message);
    if (parsed.success) this.deliver(topic, parsed.data);
  }

  private deliver(topic: Topic, message: TopicMessage<Topic>): void {
    for (const listener of this.listeners.get(topic) ?? []) {
      try {
        listener(message as never);
      } catch (error) {
        this.logger.warn('a listener of a broadcast failed', { topic, error });
      }
    }
  }

  private report(error: unknown): void {
    this.logger.warn('a broadcast did not reach the other processes', { error });
  }
}
