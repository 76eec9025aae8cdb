import { Module } from '@nestjs/common';
import { ApiKeyController } from './api-key.controller.js';
import { EnrolmentTokenController } from './enrolment-token.controller.js';
import { IdentityModule } from './identity.module.js';
import { OauthClientController } from './oidc/oauth-client.controller.js';
import { OauthModule } from './oidc/oidc.module.js';

/** The REST side, for processes that serve it. */
@Module({
  imports: [IdentityModule, OauthModule],
  controllers: [ApiKeyController, EnrolmentTokenController, OauthClientController],
})
export class IdentityApiModule {}
