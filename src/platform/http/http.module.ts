import { Global, Module } from '@nestjs/common';
import { PublicUrl } from './public-url.js';
import { RawRoutes } from './raw-routes.js';

@Global()
@Module({ providers: [PublicUrl, RawRoutes], exports: [PublicUrl, RawRoutes] })
export class HttpModule {}
