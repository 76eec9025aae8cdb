import { type Grant, signGrant } from '@coorchat/a2a';
import { Inject, Injectable } from '@nestjs/common';
import { SigningKeys } from '../oidc/signing-keys.service.js';

/** Signs what attempts may do; workers take no work without it. Also the injection token. */
@Injectable()
export class GrantSigner {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  async sign(grant: Grant): Promise<string> {
    return signGrant(grant, await this.keys.current());
  }
}
