import { Global, Module } from '@nestjs/common';
import { RevocationStore } from './revocation.store.js';
import { RevocationWatch } from './revocation-watch.js';
import { Revocations } from './revocations.js';

@Global()
@Module({
  providers: [RevocationStore, Revocations, RevocationWatch],
  exports: [Revocations, RevocationWatch],
})
export class RevocationModule {}
