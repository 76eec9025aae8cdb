import { Global, Module } from '@nestjs/common';
import { RequestCountStore } from './request-count.store.js';
import { RequestLimiter } from './request-limiter.js';

@Global()
@Module({ providers: [RequestCountStore, RequestLimiter], exports: [RequestLimiter] })
export class LimitsModule {}
