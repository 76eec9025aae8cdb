import { type DynamicModule, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { TenancyModule } from '../../tenancy/index.js';
import { AccountPages } from './account.routes.js';
import { AssetRoutes } from './asset.routes.js';
import { DevicePages } from './device.routes.js';
import { FactorPages } from './factor.routes.js';
import { InteractionPages } from './interaction.routes.js';
import { InvitationPages } from './invitation.routes.js';
import { PageServer } from './page-server.js';
import { PageSite } from './page-site.js';
import { ProgramPages } from './program.routes.js';
import { SignInPages } from './sign-in.routes.js';
import { SignUpPages } from './sign-up.routes.js';

const PAGES = [
  AccountPages,
  DevicePages,
  FactorPages,
  InteractionPages,
  InvitationPages,
  ProgramPages,
  SignInPages,
  SignUpPages,
];

/** Pages for people, where no dashboard is needed. */
@Module({})
export class AccountPagesModule implements OnModuleInit {
  /** `programs` provides `Interactions`: with it come the pages for programs and machines that ask for access. */
  static with(programs?: Type): DynamicModule {
    return {
      module: AccountPagesModule,
      imports: [AccountsModule, TenancyModule, ...(programs ? [programs] : [])],
      providers: [...PAGES, AssetRoutes, PageServer, PageSite],
    };
  }

  constructor(
    private readonly assets: AssetRoutes,
    private readonly server: PageServer,
    private readonly signIn: SignInPages,
    private readonly signUp: SignUpPages,
    private readonly account: AccountPages,
    private readonly factors: FactorPages,
    private readonly interactions: InteractionPages,
    private readonly invitations: InvitationPages,
    private readonly devices: DevicePages,
    private readonly programs: ProgramPages,
  ) {}

  onModuleInit(): void {
    this.assets.mount();
    const pages = [
      this.signIn,
      this.signUp,
      this.account,
      this.factors,
      this.interactions,
      this.invitations,
      this.devices,
      this.programs,
    ];
    this.server.mount(pages.flatMap((each) => each.routes()));
  }
}
