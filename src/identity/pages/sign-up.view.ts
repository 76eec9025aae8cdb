import { csrfField, type PageView } from './layout.view.js';
import { type Faults, faultSummary, field } from './form.view.js';
import { html } from './html.js';

export interface SignUpFields {
  readonly email: string;
  readonly name: string;
  readonly organization: string;
}

const PASSWORD_HINT = 'At least 10 characters; three or four unrelated words make a good one.';

export function newPassword(label: string, faults: Faults, isFirst = false) {
  return field(
    { name: 'password', label, type: 'password', autocomplete: 'new-password', hint: PASSWORD_HINT, isFirst },
    faults,
  );
}

export function signUpPage({
  csrf,
  values,
  faults = {},
}: {
  csrf: string;
  values?: SignUpFields;
  faults?: Faults;
}): PageView {
  return {
    title: 'Create an account',
    main: html`<section class="card">
        <h1>Create an account</h1>
        <p class="lead">You get an organization of your own with a first cluster.</p>
        ${faultSummary(faults)}
        <form method="post" action="/auth/sign-up">
          ${csrfField(csrf)}
          ${field({ name: 'name', label: 'Your name', value: values?.name, autocomplete: 'name', isFirst: true, maxlength: 100 }, faults)}
          ${field({ name: 'email', label: 'E-mail', type: 'email', value: values?.email, autocomplete: 'username' }, faults)}
          ${field({ name: 'organization', label: 'Organization', value: values?.organization, autocomplete: 'organization', hint: 'Your company, team or project. You can invite others later.', maxlength: 100 }, faults)}
          ${newPassword('Password', faults)}
          <button class="full">Create account</button>
        </form>
      </section>
      <p class="below">You have an account? <a href="/auth/sign-in">Sign in</a></p>`,
  };
}

export function checkMailPage(what: 'sign-up' | 'reset'): PageView {
  const text =
    what === 'sign-up'
      ? html`<p>We have sent you a letter. Open the link in it to confirm your address; it works for 24 hours.</p>`
      : html`<p>If this address has an account, a letter is on its way. The link in it works for 30 minutes.</p>`;
  return {
    title: 'Check your mail',
    main: html`<section class="card">
      <h1>Check your mail</h1>
      ${text}
      <p class="quiet">
        Nothing there after a few minutes? Look among unwanted mail, or
        <a href="${what === 'sign-up' ? '/auth/sign-up' : '/auth/forgot'}">try again</a>.
      </p>
    </section>`,
  };
}

export function verifyPage(view: {
  csrf: string;
  token: string;
  email: string;
  name: string;
  faults?: Faults;
}): PageView {
  const { csrf, token, email, name, faults = {} } = view;
  return {
    title: 'Confirm your address',
    main: html`<section class="card">
      <h1>Welcome, ${name}</h1>
      <p class="lead">Enter the password that you have chosen for <strong>${email}</strong>, and you are there.</p>
      ${faultSummary(faults)}
      <form method="post" action="/auth/verify">
        ${csrfField(csrf)}<input type="hidden" name="token" value="${token}" /><input
          type="hidden"
          name="username"
          value="${email}"
          autocomplete="username"
        />
        ${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', isFirst: true }, faults)}
        <button class="full">Confirm and sign in</button>
      </form>
    </section>`,
  };
}

export function forgotPage({ csrf, email, faults = {} }: { csrf: string; email?: string; faults?: Faults }): PageView {
  return {
    title: 'Set a new password',
    main: html`<section class="card">
        <h1>Set a new password</h1>
        <p class="lead">We send a link to your address.</p>
        ${faultSummary(faults)}
        <form method="post" action="/auth/forgot">
          ${csrfField(csrf)}
          ${field({ name: 'email', label: 'E-mail', type: 'email', value: email, autocomplete: 'username', isFirst: true }, faults)}
          <button class="full">Send the link</button>
        </form>
      </section>
      <p class="below"><a href="/auth/sign-in">Back to sign in</a></p>`,
  };
}

export function resetPage(view: { csrf: string; token: string; email: string; faults?: Faults }): PageView {
  const { csrf, token, email, faults = {} } = view;
  return {
    title: 'Choose a new password',
    main: html`<section class="card">
      <h1>Choose a new password</h1>
      <p class="lead">For <strong>${email}</strong>. You will be signed out everywhere.</p>
      ${faultSummary(faults)}
      <form method="post" action="/auth/reset">
        ${csrfField(csrf)}<input type="hidden" name="token" value="${token}" /><input
          type="hidden"
          name="username"
          value="${email}"
          autocomplete="username"
        />
        ${newPassword('New password', faults, true)}
        <button class="full">Set password</button>
      </form>
    </section>`,
  };
}
