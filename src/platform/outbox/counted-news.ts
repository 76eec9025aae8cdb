import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../db/index.js';
import { Logger } from '../telemetry/index.js';
import type { NewEvent } from './feed-event.js';
import { Outbox } from './outbox.js';

/** The organization of what belongs to none; operators read its news. */
export const PLATFORM_ORG = 'platform';

/** Something that may happen thousands of times: what is alike is told once per window, with its number. */
export interface FrequentNews extends NewEvent {
  /** What is alike, besides type, organization and subject. */
  readonly alike: readonly (string | undefined)[];
  readonly windowMs: number;
}

interface Counted {
  readonly event: NewEvent;
  readonly windowMs: number;
  since: Date;
  count: number;
  toldAt: number | undefined;
}

const LOOK_EVERY_MS = 2_000;
/** Somebody who varies everything fills this much and no more. */
const MAX_KINDS = 2_000;
const MANY = 'many';

function keyOf({ type, orgId, subject, alike }: FrequentNews): string {
  return JSON.stringify([type, orgId, subject, ...alike]);
}

/** What is too varied to be told apart is counted per organization. */
function collective({ type, orgId, windowMs }: FrequentNews): FrequentNews {
  const by = { actor: { kind: 'system', id: 'control-plane' }, requestId: '' };
  return { type, orgId, subject: MANY, data: { by, reason: 'too many different ones' }, alike: [], windowMs };
}

function eventOf({ event, count, since }: Counted): NewEvent {
  return { ...event, data: { ...event.data, count, since } };
}

/**
 * Events of which a flood must not become a flood of rows: the first of a kind is told within two seconds, the others of
 * its window as one, with `count` and `since`. Counts are kept per process. Also the injection token.
 */
@Injectable()
export class CountedNews implements OnModuleInit, OnApplicationShutdown {
  private readonly kinds = new Map<string, Counted>();
  private timer: NodeJS.Timeout | undefined;
  private telling: Promise<void> = Promise.resolve();

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  note(news: FrequentNews): void {
    const kind = this.kindOf(news);
    if (kind.count === 0) kind.since = new Date();
    kind.count++;
  }

  /** The first of a window is on record when this resolves; rejects when it could not be written. */
  async tellFirst(news: FrequentNews): Promise<void> {
    const kind = this.kindOf(news);
    if (kind.toldAt !== undefined) return void this.note(news);
    kind.toldAt = Date.now();
    try {
      await this.write([{ ...kind, since: new Date(), count: 1 }]);
    } catch (error) {
      kind.toldAt = undefined;
      throw error;
    }
  }

  /** Tells what was counted, whether its window is over or not. */
  flush(): Promise<void> {
    return this.tell([...this.kinds.values()].filter(({ count }) => count > 0));
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private kindOf(news: FrequentNews): Counted {
    const key = keyOf(news);
    const known = this.kinds.get(key);
    if (known) return known;
    if (this.kinds.size >= MAX_KINDS) this.forgetTold();
    const isFull = this.kinds.size >= MAX_KINDS && news.subject !== MANY;
    return isFull ? this.kindOf(collective(news)) : this.add(key, news);
  }

  private add(key: string, { type, orgId, subject, data, windowMs }: FrequentNews): Counted {
    const kind: Counted = {
      event: { type, orgId, subject, data },
      windowMs,
      since: new Date(),
      count: 0,
      toldAt: undefined,
    };
    this.kinds.set(key, kind);
    return kind;
  }

  private look(now = Date.now()): void {
    const isOver = ({ toldAt, windowMs }: Counted) => toldAt === undefined || now - toldAt >= windowMs;
    for (const [key, kind] of this.kinds) if (kind.count === 0 && isOver(kind)) this.kinds.delete(key);
    void this.tell([...this.kinds.values()].filter((kind) => kind.count > 0 && isOver(kind)));
  }

  private forgetTold(): void {
    for (const [key, { count }] of this.kinds) if (count === 0) this.kinds.delete(key);
  }

  private tell(kinds: readonly Counted[]): Promise<void> {
    const told = kinds.map((kind) => ({ ...kind }));
    for (const kind of kinds) Object.assign(kind, { count: 0, toldAt: Date.now() });
    if (told.length > 0) this.telling = this.telling.then(() => this.tellOrKeep(kinds, told));
    return this.telling;
  }

  private async tellOrKeep(kinds: readonly Counted[], told: readonly Counted[]): Promise<void> {
    try {
      await this.write(told);
    } catch (error) {
      this.logger.error('counted news could not be told; they are kept', { error, kinds: told.length });
      told.forEach(({ count, since }, index) => {
        const kind = kinds[index];
        if (kind) Object.assign(kind, { count: kind.count + count, since, toldAt: undefined });
      });
    }
  }

  private write(told: readonly Counted[]): Promise<void> {
    return this.uow.system('outbox.count', (tx) => this.outbox.append(tx, told.map(eventOf)));
  }
}
