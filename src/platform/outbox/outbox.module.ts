import { Global, Module } from '@nestjs/common';
import { Feed, FeedRunner } from './feed-runner.js';
import { FeedSignal } from './feed-signal.js';
import { FeedStore } from './feed.store.js';
import { Outbox } from './outbox.js';

/** Publishing and subscribing: every process. */
@Global()
@Module({ providers: [Outbox, Feed, FeedSignal, FeedStore], exports: [Outbox, Feed, FeedSignal, FeedStore] })
export class OutboxModule {}

/** Delivery to the subscribers: the processes that run jobs. */
@Module({ providers: [FeedRunner], exports: [FeedRunner] })
export class FeedRunnerModule {}
