import { Global, Module } from '@nestjs/common';
import { RawRoutes } from './raw-routes.js';

@Global()
@Module({ providers: [RawRoutes], exports: [RawRoutes] })
export class HttpModule {}
