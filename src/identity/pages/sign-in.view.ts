import { csrfField, type PageView } from './layout.view.js';
import { type Faults, faultSummary, field, notice } from './form.view.js';
import { type Fragment, html } from './html.js';

interface SignInView {
  readonly csrf: string;
  readonly email?: string | undefined;
  /** Path to go on at. */
  readonly next?: string | undefined;
  readonly note?: string | undefined;
  readonly passkeys: boolean;
  /** Somebody is signed in and is asked once more. */
  readonly again: boolean;
  readonly faults?: Faults;
}

function hiddenNext(next: string | undefined): Fragment {
  return next !== undefined && html`<input type="hidden" name="continue" value="${next}" />`;
}

function query(next: string | undefined): string {
  return next === undefined ? '' : `?continue=${encodeURIComponent(next)}`;
}

function passkeyForm({ csrf, next }: SignInView): Fragment {
  return html`<form
    method="post"
    action="/auth/passkeys/sign-in"
    data-passkey="get"
    data-options="/auth/passkeys/sign-in/options"
    hidden
  >
    ${csrfField(csrf)}${hiddenNext(next)}
    <p class="or">or</p>
    <button class="second full">Sign in with a passkey</button>
    <p class="hint" id="passkey-status" role="status" hidden></p>
  </form>`;
}

export function signInPage(view: SignInView): PageView {
  const { csrf, email, next, note, passkeys, again, faults = {} } = view;
  return {
    title: again ? 'Confirm that it is you' : 'Sign in',
    hasPasskeys: passkeys,
    main: html`<section class="card">
        <h1>${again ? 'Confirm that it is you' : 'Sign in'}</h1>
        <p class="lead">
          ${again ? 'Sign in once more to go on.' : 'Your machines, your agents, one place to coordinate them.'}
        </p>
        ${note !== undefined && notice('good', note)} ${faultSummary(faults)}
        <form method="post" action="/auth/sign-in">
          ${csrfField(csrf)}${hiddenNext(next)}
          ${field({ name: 'email', label: 'E-mail', type: 'email', value: email, autocomplete: 'username webauthn', isFirst: email === undefined }, faults)}
          ${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', isFirst: email !== undefined, aside: html`<a href="/auth/forgot">Forgotten?</a>` }, faults)}
          <button class="full">Sign in</button>
        </form>
        ${passkeys && passkeyForm(view)}
      </section>
      <p class="below"><a href="/auth/sso${query(next)}">Continue with your organization</a></p>
      ${!again && html`<p class="below">New here? <a href="/auth/sign-up${query(next)}">Create an account</a></p>`}`,
  };
}

export function secondFactorPage({
  csrf,
  next,
  faults = {},
}: {
  csrf: string;
  next: string | undefined;
  faults?: Faults;
}): PageView {
  const code = {
    name: 'code',
    label: 'Code',
    autocomplete: 'one-time-code',
    isCode: true,
    isFirst: true,
    maxlength: 40,
  };
  return {
    title: 'Second step',
    main: html`<section class="card">
        <h1>Second step</h1>
        <p class="lead">Enter the six digits that your authenticator app shows, or one of your recovery codes.</p>
        ${faultSummary(faults)}
        <form method="post" action="/auth/second-factor">
          ${csrfField(csrf)}${hiddenNext(next)} ${field(code, faults)}
          <button class="full">Go on</button>
        </form>
      </section>
      <p class="below"><a href="/auth/sign-in${query(next)}">Start again</a></p>`,
  };
}
