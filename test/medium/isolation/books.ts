import { vi } from 'vitest';
import { type BookedRoute, RouteBook } from '../../../src/platform/http/route-book.js';
import { Feed, type FeedSubscriber } from '../../../src/platform/outbox/index.js';
import { Broadcast, JobHandlers } from '../../../src/platform/queue/index.js';

/** What a control plane wrote down about itself while it started: walks are made from these. */
export class Books {
  private constructor(
    private readonly routeBook: RouteBook | undefined,
    private readonly jobBook: JobHandlers | undefined,
    private readonly feed: Feed | undefined,
    private readonly told: Broadcast | undefined,
  ) {}

  /** Starts a control plane and takes its books. */
  static async of<T>(start: () => Promise<T>): Promise<[T, Books]> {
    const routes = vi.spyOn(RouteBook.prototype, 'assertAccess');
    const jobs = vi.spyOn(JobHandlers.prototype, 'checkComplete');
    const feed = vi.spyOn(Feed.prototype, 'subscribe');
    const broadcast = vi.spyOn(Broadcast.prototype, 'subscribe');
    const started = await start();
    const [routeBook, jobBook, heard, told] = [routes, jobs, feed, broadcast].map(
      ({ mock }) => mock.contexts.at(-1) as unknown,
    );
    return [started, new Books(routeBook as RouteBook, jobBook as JobHandlers, heard as Feed, told as Broadcast)];
  }

  get routes(): readonly BookedRoute[] {
    return opened(this.routeBook).routes;
  }

  get jobs(): JobHandlers {
    return opened(this.jobBook);
  }

  get broadcast(): Broadcast {
    return opened(this.told);
  }

  get subscribers(): readonly FeedSubscriber[] {
    return opened(this.feed).subscribers;
  }
}

function opened<T>(book: T | undefined): T {
  if (book === undefined) throw new Error('The control plane opened no such book.');
  return book;
}
