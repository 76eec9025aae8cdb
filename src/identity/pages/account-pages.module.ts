import { Module, type OnModuleInit } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AssetRoutes } from './asset.routes.js';
import { PageServer } from './page-server.js';
import { PageSite } from './page-site.js';
import { SignInPages } from './sign-in.routes.js';
import { SignUpPages } from './sign-up.routes.js';

/** Pages for people, where no dashboard is needed. */
@Module({
  imports: [AccountsModule],
  providers: [AssetRoutes, PageServer, PageSite, SignInPages, SignUpPages],
})
export class AccountPagesModule implements OnModuleInit {
  constructor(
    private readonly assets: AssetRoutes,
    private readonly server: PageServer,
    private readonly signIn: SignInPages,
    private readonly signUp: SignUpPages,
  ) {}

  onModuleInit(): void {
    this.assets.mount();
    this.server.mount([...this.signIn.routes(), ...this.signUp.routes()]);
  }
}
