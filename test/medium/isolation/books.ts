import { vi } from 'vitest';
import { type BookedRoute, RouteBook } from '../../../src/platform/http/route-book.js';
import { Feed, type FeedSubscriber } from '../../../src/platform/outbox/index.js';
import { JobHandlers } from '../../../src/platform/queue/index.js';

/** What a control plane wrote down about itself while it started: walks are made from these. */
export interface Books {
  readonly routes: readonly BookedRoute[];
  readonly jobs: JobHandlers;
  readonly subscribers: readonly FeedSubscriber[];
}

function bookIn<T>(contexts: readonly unknown[]): T {
  const book = contexts.at(-1);
  if (book === undefined) throw new Error('The control plane opened no such book.');
  return book as T;
}

/** Starts a control plane and takes its books. */
export async function withBooks<T>(start: () => Promise<T>): Promise<[T, Books]> {
  const routes = vi.spyOn(RouteBook.prototype, 'assertAccess');
  const jobs = vi.spyOn(JobHandlers.prototype, 'checkComplete');
  const feed = vi.spyOn(Feed.prototype, 'subscribe');
  const started = await start();
  const books = {
    routes: bookIn<RouteBook>(routes.mock.contexts).routes,
    jobs: bookIn<JobHandlers>(jobs.mock.contexts),
    subscribers: bookIn<Feed>(feed.mock.contexts).subscribers,
  };
  return [started, books];
}
