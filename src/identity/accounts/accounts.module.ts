import { Module } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { GrantsModule } from '../oidc/grants.module.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { AccountStore } from './account.store.js';
import { AccountSweeper } from './account.sweeper.js';
import { Accounts } from './accounts.service.js';
import { BreachedPasswords } from './breached-passwords.service.js';
import { InvitedSignUp } from './invited-sign-up.service.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { PasskeyStore } from './passkey.store.js';
import { Passkeys } from './passkeys.service.js';
import { PasswordChoice } from './password-choice.service.js';
import { Passwords } from './passwords.service.js';
import { RecoveryCodeStore } from './recovery-code.store.js';
import { SecondFactor } from './second-factor.service.js';
import { SessionStore } from './session.store.js';
import { Sessions } from './sessions.service.js';
import { SignInThrottle } from './sign-in-throttle.service.js';
import { PasswordSignIns } from './sign-in.service.js';
import { SignUp } from './sign-up.service.js';
import { ThrottleStore } from './throttle.store.js';
import { TotpStore } from './totp.store.js';

const stores = [
  AccountStore,
  OneTimeTokenStore,
  PasskeyStore,
  RecoveryCodeStore,
  SessionStore,
  ThrottleStore,
  TotpStore,
];
const parts = [AccountLetters, AccountNews, BreachedPasswords];
const doors = [
  Accounts,
  InvitedSignUp,
  SignInThrottle,
  Passkeys,
  PasswordChoice,
  PasswordSignIns,
  Passwords,
  SecondFactor,
  Sessions,
  SignUp,
];

/** People: how they sign up and in, and what belongs to them. */
@Module({
  imports: [TenancyModule, GrantsModule],
  providers: [...stores, ...parts, ...doors],
  exports: doors,
})
export class AccountsModule {}

/** The sweeper, for the process that runs jobs. */
@Module({ imports: [TenancyModule], providers: [OneTimeTokenStore, SessionStore, ThrottleStore, AccountSweeper] })
export class AccountJobsModule {}
