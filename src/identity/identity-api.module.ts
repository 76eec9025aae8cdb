import { Module } from '@nestjs/common';
import { ApiKeyController } from './api-key.controller.js';
import { EnrolmentTokenController } from './enrolment-token.controller.js';
import { IdentityModule } from './identity.module.js';

/** The REST side, for processes that serve it. */
@Module({ imports: [IdentityModule], controllers: [ApiKeyController, EnrolmentTokenController] })
export class IdentityApiModule {}
