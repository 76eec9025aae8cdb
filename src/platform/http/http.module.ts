import { Global, Module } from '@nestjs/common';
import { CallerAddress } from './caller-address.js';
import { PublicUrl } from './public-url.js';
import { RawRoutes } from './raw-routes.js';
import { Refusals } from './refusals.service.js';

@Global()
@Module({ providers: [CallerAddress, PublicUrl, RawRoutes], exports: [CallerAddress, PublicUrl, RawRoutes] })
export class HttpModule {}

/** For programs with a feed: who was not let in is news. */
@Global()
@Module({ providers: [Refusals], exports: [Refusals] })
export class RefusalsModule {}
