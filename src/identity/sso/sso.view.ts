import { type Faults, faultSummary, field } from '../pages/form.view.js';
import { html } from '../pages/html.js';
import { csrfField, type PageView } from '../pages/layout.view.js';

interface SsoView {
  readonly csrf: string;
  readonly email?: string | undefined;
  readonly next?: string | undefined;
  readonly faults?: Faults;
}

export function ssoPage({ csrf, email, next, faults = {} }: SsoView): PageView {
  const address = {
    name: 'email',
    label: 'E-mail at work',
    type: 'email',
    value: email,
    autocomplete: 'email',
  } as const;
  return {
    title: 'Continue with your organization',
    main: html`<section class="card">
        <h1>Continue with your organization</h1>
        <p class="lead">Your organization’s own sign-in opens, and brings you back.</p>
        ${faultSummary(faults)}
        <form method="post" action="/auth/sso">
          ${csrfField(csrf)}${next !== undefined && html`<input type="hidden" name="continue" value="${next}" />`}
          ${field({ ...address, isFirst: true }, faults)}
          <button class="full">Go on</button>
        </form>
      </section>
      <p class="below"><a href="/auth/sign-in">Sign in another way</a></p>`,
  };
}
