import { Injectable } from '@nestjs/common';
import { SignInPolicy } from './sign-in-policy.port.js';

/** Everybody signs in here. */
@Injectable()
export class NoSignInPolicy extends SignInPolicy {
  override elsewhere(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
