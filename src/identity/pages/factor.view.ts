import { renderSVG } from 'uqr';
import type { TotpSetup } from '../accounts/totp.store.js';
import { type Faults, faultSummary, field } from './form.view.js';
import { html, trusted } from './html.js';
import { csrfField, type PageView } from './layout.view.js';

/** For screen readers the secret stands below as text. */
function qrCode(uri: string) {
  const svg = renderSVG(uri, { border: 1, ecc: 'M' });
  return html`<div class="qr" role="img" aria-label="QR code for your authenticator app">${trusted(svg)}</div>`;
}

export function totpSetupPage({
  csrf,
  setup,
  faults = {},
}: {
  csrf: string;
  setup: TotpSetup;
  faults?: Faults;
}): PageView {
  const groups = setup.secret.match(/.{1,4}/g)?.join(' ');
  const code = { name: 'code', label: 'Code', autocomplete: 'one-time-code', inputmode: 'numeric' } as const;
  return {
    title: 'Set up an authenticator app',
    main: html`<section class="card">
        <h1>Set up an authenticator app</h1>
        <ol class="steps">
          <li>Scan this code with the app, or enter the key by hand.</li>
          <li>Enter the six digits that it shows.</li>
        </ol>
        ${faultSummary(faults)} ${qrCode(setup.uri)}
        <p class="quiet">Key: <code>${groups}</code></p>
        <form method="post" action="/auth/account/totp">
          ${csrfField(csrf)} ${field({ ...code, isCode: true, isFirst: true, maxlength: 10 }, faults)}
          <button class="full">Turn on</button>
        </form>
      </section>
      <p class="below"><a href="/auth/account">Not now</a></p>`,
  };
}

export function recoveryCodesPage(codes: readonly string[]): PageView {
  return {
    title: 'Your recovery codes',
    main: html`<section class="card">
      <h1>Your recovery codes</h1>
      <p>
        Keep them where you keep other important things. Each lets you in once when your app is gone. They are shown
        this one time.
      </p>
      <ul class="codes mono">
        ${codes.map((code) => html`<li>${code}</li>`)}
      </ul>
      <a class="button full" href="/auth/account">I have kept them</a>
    </section>`,
  };
}

export function newPasskeyPage({ csrf, suggestion }: { csrf: string; suggestion: string }): PageView {
  const name = { name: 'name', label: 'Name', autocomplete: 'off', maxlength: 60, hint: 'By which you will know it.' };
  return {
    title: 'Add a passkey',
    hasPasskeys: true,
    main: html`<section class="card">
        <h1>Add a passkey</h1>
        <p class="lead">Your browser asks you to confirm with your finger, face, PIN or security key.</p>
        <form
          method="post"
          action="/auth/account/passkeys"
          data-passkey="create"
          data-options="/auth/account/passkeys/options"
        >
          ${csrfField(csrf)} ${field({ ...name, value: suggestion, isFirst: true }, {})}
          <button class="full">Go on</button>
          <p class="hint" id="passkey-status" role="status" hidden></p>
        </form>
        <noscript><p class="fault">Passkeys need JavaScript. Everything else works without.</p></noscript>
      </section>
      <p class="below"><a href="/auth/account">Not now</a></p>`,
  };
}
