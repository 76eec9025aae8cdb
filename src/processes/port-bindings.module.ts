import { Global, Module, type Provider, type Type } from '@nestjs/common';
import { BudgetAdmission, BudgetSpending, CostMeter, MeteringModule } from '../commerce/metering/index.js';
import {
  Accounts,
  AccountsModule,
  CredentialAuthenticator,
  IdentityModule,
  MemberKeys,
  SignInPolicy,
  SsoPolicyModule,
  SsoSignInPolicy,
} from '../identity/index.js';
import { Admission, ModelMeter, SkillCatalog, SpendingPort, TaskModule } from '../orchestration/task/index.js';
import { Authenticator, RequestQuota } from '../platform/http/index.js';
import { RegistryModule } from '../registry/index.js';
import { ClusterOccupancy, MemberCredentials, Quotas, TenancyModule, UserDirectory } from '../tenancy/index.js';
import { RegistrySkillCatalog } from './registry-skill-catalog.js';
import { RoomsClusterOccupancy } from './rooms-cluster-occupancy.js';

function bind<T>(port: abstract new (...parameters: never[]) => T, implementation: Type<T>): Provider {
  return { provide: port, useExisting: implementation };
}

/** Ports that lower rooms declared, and who implements them: the one place. */
const BINDINGS: Provider[] = [
  bind(Authenticator, CredentialAuthenticator),
  bind(Admission, BudgetAdmission),
  bind(SpendingPort, BudgetSpending),
  bind(ModelMeter, CostMeter),
  bind(SkillCatalog, RegistrySkillCatalog),
  bind(MemberCredentials, MemberKeys),
  bind(ClusterOccupancy, RoomsClusterOccupancy),
  bind(RequestQuota, Quotas),
  bind(UserDirectory, Accounts),
  bind(SignInPolicy, SsoSignInPolicy),
];

@Global()
@Module({
  imports: [IdentityModule, AccountsModule, RegistryModule, TaskModule, TenancyModule, MeteringModule, SsoPolicyModule],
  providers: [...BINDINGS, RegistrySkillCatalog, RoomsClusterOccupancy],
  exports: [
    Authenticator,
    Admission,
    SpendingPort,
    ModelMeter,
    SkillCatalog,
    MemberCredentials,
    UserDirectory,
    ClusterOccupancy,
    RequestQuota,
    SignInPolicy,
  ],
})
export class PortBindingsModule {}
