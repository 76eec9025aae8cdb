import { Global, Module } from '@nestjs/common';
import { CountedNews } from './counted-news.js';
import { Feed, FeedRunner } from './feed-runner.js';
import { FeedSignal } from './feed-signal.js';
import { FeedStore } from './feed.store.js';
import { Outbox } from './outbox.js';

const doors = [Outbox, CountedNews, Feed, FeedSignal, FeedStore];

/** Publishing and subscribing: every process. */
@Global()
@Module({ providers: doors, exports: doors })
export class OutboxModule {}

/** Delivery to the subscribers: the processes that run jobs. */
@Module({ providers: [FeedRunner], exports: [FeedRunner] })
export class FeedRunnerModule {}
