import { Module, type OnModuleInit } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { TenancyModule } from '../../tenancy/index.js';
import { AccountPages } from './account.routes.js';
import { AssetRoutes } from './asset.routes.js';
import { FactorPages } from './factor.routes.js';
import { PageServer } from './page-server.js';
import { PageSite } from './page-site.js';
import { SignInPages } from './sign-in.routes.js';
import { SignUpPages } from './sign-up.routes.js';

/** Pages for people, where no dashboard is needed. */
@Module({
  imports: [AccountsModule, TenancyModule],
  providers: [AccountPages, AssetRoutes, FactorPages, PageServer, PageSite, SignInPages, SignUpPages],
})
export class AccountPagesModule implements OnModuleInit {
  constructor(
    private readonly assets: AssetRoutes,
    private readonly server: PageServer,
    private readonly signIn: SignInPages,
    private readonly signUp: SignUpPages,
    private readonly account: AccountPages,
    private readonly factors: FactorPages,
  ) {}

  onModuleInit(): void {
    this.assets.mount();
    const pages = [this.signIn, this.signUp, this.account, this.factors];
    this.server.mount(pages.flatMap((each) => each.routes()));
  }
}
