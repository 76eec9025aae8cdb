export { type Attribution, attributionOf } from './attribution.js';
export { CountedNews, type FrequentNews, PLATFORM_ORG } from './counted-news.js';
export { type FeedEvent, type NewEvent } from './feed-event.js';
export { Feed, FeedRunner } from './feed-runner.js';
export { FeedSignal } from './feed-signal.js';
export { FeedStore } from './feed.store.js';
export { ALL_EVENTS, FeedSubscriber } from './feed-subscriber.port.js';
export { Outbox } from './outbox.js';
export { FeedRunnerModule, OutboxModule } from './outbox.module.js';
